/**
 * Turns what a request failed with into a `TransportFailed`. The system's own error is nested at different depths in
 * different HTTP clients, and does not say whether anything was sent before: a client that knows throws a `Lost`.
 */
import { FeishuError, TransportFailed, type TransportFault } from "../FeishuError.ts"
import { shortened } from "./shortened.ts"

/** The proxy of a request, as errors name it. */
export interface Proxy {
  /** Host and port, without user and password. */
  readonly host: string
  /** The name of the variable or option that sets it, such as `HTTPS_PROXY`. */
  readonly setting: string
}

/** The failure of a request: the system's error as the cause, and what the client knows in addition to it. */
export class Lost extends Error {
  /** True when sending had begun; before that nothing reached Feishu. */
  readonly sent: boolean
  readonly proxy: Proxy | undefined
  /** True when the proxy failed, and not the server behind it. */
  readonly atProxy: boolean

  constructor(
    cause: unknown,
    known: { readonly sent: boolean; readonly proxy: Proxy | undefined; readonly atProxy: boolean },
  ) {
    super("The request brought no answer", { cause })
    this.sent = known.sent
    this.proxy = known.proxy
    this.atProxy = known.atProxy
  }
}

type Fault = typeof TransportFault.Type

/** The parts of a system's error that are read here. */
interface SystemError {
  readonly code?: unknown
  readonly syscall?: unknown
  readonly message?: unknown
  /** The bytes that an HTTP parser did not understand. */
  readonly data?: unknown
  readonly rawPacket?: unknown
}

const portOf = ({ port, protocol }: URL): string => port || (protocol === "https:" ? "443" : "80")

/** The host and port of a URL; the port also if it is the usual one. */
export const hostAndPort = (url: URL): string => `${shortened(url.hostname, 260)}:${portOf(url)}`

/** The error of a request of whose failure only the `fault` is known. */
export const transportFailed = (url: string, fault: Fault): FeishuError =>
  new FeishuError({ reason: new TransportFailed({ fault, host: hostAndPort(new URL(url)) }) })

/** The error of a request whose client threw `cause`. `answered` is true if the headers of an answer had arrived. */
export const ofCause = (url: string, cause: unknown, answered = false): FeishuError => {
  if (cause instanceof FeishuError) return cause
  const known = cause instanceof Lost ? cause : undefined
  const { code, fault } = faultOf(causesOf(known === undefined ? cause : known.cause), {
    sent: answered ? true : known?.sent,
    isTls: url.startsWith("https:"),
    isProxied: known?.proxy !== undefined,
    atProxy: known?.atProxy === true,
  })
  return new FeishuError({
    reason: new TransportFailed({
      fault,
      host: hostAndPort(new URL(url)),
      systemCode: code?.slice(0, 60),
      proxy: known?.proxy?.host,
      proxySetting: known?.proxy?.setting,
    }),
  })
}

/** An error and its causes, the innermost last. Of several attempts to connect, the most informative one counts. */
const causesOf = (error: unknown): ReadonlyArray<SystemError> => {
  const causes: Array<SystemError> = []
  for (let cause = error; typeof cause === "object" && cause !== null && causes.length < 5;) {
    causes.push(cause)
    cause =
      cause instanceof AggregateError
        ? mostTelling(cause.errors)
        : (cause as { readonly cause?: unknown }).cause
  }
  return causes
}

// A host with several addresses is tried at each of them. The codes in front say more about the host: the others are
// often those of IPv6 on a machine that has none.
const telling = ["ECONNREFUSED", "ETIMEDOUT", "EACCES", "EPERM", "EHOSTUNREACH"]

const mostTelling = (attempts: ReadonlyArray<SystemError>): unknown => {
  const rank = ({ code }: SystemError) => {
    const index = telling.indexOf(String(code))
    return index === -1 ? telling.length : index
  }
  return attempts.toSorted((one, other) => rank(one) - rank(other))[0]
}

/** The facts about a request in addition to the system's error. */
interface Known {
  /** `undefined` if it is not known. */
  readonly sent: boolean | undefined
  readonly isTls: boolean
  readonly isProxied: boolean
  readonly atProxy: boolean
}

/** Returns how a request failed, and the system's code. */
const faultOf = (
  causes: ReadonlyArray<SystemError>,
  known: Known,
): { readonly fault: Fault; readonly code?: string } => {
  for (const { message } of causes) {
    // Undici gives the status of a proxy's answer in this text only; the second form is that of a proxy for plain http.
    const status = /^Proxy (?:response|Authentication Required) \((\d+)\)/.exec(String(message))?.[1]
    if (status !== undefined) {
      return { fault: Number(status) >= 500 ? "proxy failed" : "proxy refused", code: `HTTP ${status}` }
    }
    if (String(message).startsWith("Too many subrequests")) return { fault: "too many subrequests" }
  }
  // The innermost code is the system's own; the codes around it are the client's.
  const last = causes.findLast(({ code }) => typeof code === "string") ?? causes.at(-1)
  const code = last === undefined ? undefined : codeOf(last)
  const isGarbled = last !== undefined && isNotHttp(last)
  const withCode = (fault: Fault) => ({ fault, ...(code === undefined ? {} : { code }) })
  // Plain http uses no tunnel: the proxy is what answers.
  if (known.atProxy || (isGarbled && known.isProxied && !known.isTls)) {
    return withCode(faultAtProxy(code, last?.syscall, isGarbled))
  }
  if (isGarbled) return withCode(isTlsAlert(last) ? "TLS required" : "connection broken")
  if (last !== undefined && code !== undefined) return withCode(faultOfCode(code, last, known))
  return withCode(
    known.sent === undefined ? "request failed" : known.sent ? "connection broken" : "connection failed",
  )
}

/** An error's code in undici's form: for TLS, Node's own client says the same in the message only. */
const codeOf = ({ code, message }: SystemError): string | undefined => {
  if (typeof code !== "string") return undefined
  const reason = code === "EPROTO" ? /:SSL routines:[^:]*:([^:]+):/.exec(String(message))?.[1] : undefined
  return reason === undefined ? code : `ERR_SSL_${reason.toUpperCase().replaceAll(" ", "_")}`
}

const isNotHttp = ({ code, data, message }: SystemError): boolean =>
  (typeof code === "string" && code.startsWith("HPE_")) ||
  (data !== undefined && String(message).startsWith("Response does not match the HTTP"))

/** True when a TLS alert came instead of HTTP: a TLS server sends one if it does not understand a request. */
const isTlsAlert = ({ data, rawPacket }: SystemError): boolean => {
  const [type, major] =
    rawPacket instanceof Uint8Array ? rawPacket : Array.from(String(data), (byte) => byte.charCodeAt(0))
  return type === 0x15 && major === 3
}

// The lookup of the host name, or connecting: nothing was sent yet.
const isConnecting = (syscall: unknown): boolean => syscall === "connect" || syscall === "getaddrinfo"

const isNoTls = (code: string): boolean =>
  /^ERR_SSL_(WRONG_VERSION_NUMBER|(PACKET|DATA)_LENGTH_TOO_LONG|HTTP_REQUEST|UNKNOWN_PROTOCOL|UNEXPECTED_MESSAGE|RECORD_LAYER_FAILURE)$/.test(
    code,
  )

// OpenSSL's names; a key that is too weak is `UNSPECIFIED`.
const isCertificate = (code: string): boolean =>
  /^(CERT_|CRL_|ERROR_IN_C|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_|PATH_LENGTH_|HOSTNAME_MISMATCH|ERR_TLS_CERT_|UNSPECIFIED)/.test(
    code,
  )

// The alerts with which a server ends a handshake, and the errors of OpenSSL on this side about a handshake that it
// does not accept.
const isRefusal = (code: string): boolean =>
  /^ERR_SSL_(SSLV3|SSL\/TLS|TLSV1|TLSV13)_|^ERR_SSL_(UNSUPPORTED_|NO_|UNSAFE_|DH_|EE_|CA_|BAD_(ECC|DH)|WRONG_(CIPHER|SSL)|VERSION_)/.test(
    code,
  ) && !/_(INTERNAL_ERROR|USER_CANCELLED|BAD_RECORD_MAC|DECRYPT_ERROR|DECODE_ERROR)$/.test(code)

const faultAtProxy = (code = "", syscall: unknown, isGarbled: boolean): Fault => {
  if (isGarbled || isNoTls(code)) return "not an HTTP proxy"
  if (isCertificate(code)) return "proxy certificate refused"
  return isConnecting(syscall) || code === "UND_ERR_CONNECT_TIMEOUT" ? "proxy not reached" : "proxy failed"
}

const faultOfCode = (code: string, { message, syscall }: SystemError, { isTls, sent }: Known): Fault => {
  const isBefore = sent === false || isConnecting(syscall)
  if (code === "ECONNREFUSED") return "connection refused"
  if (code === "ENOTFOUND" || code.startsWith("EAI_")) return "host not found"
  if (code === "UND_ERR_CONNECT_TIMEOUT" || code === "ERR_SOCKET_CONNECTION_TIMEOUT") return "connect timeout"
  // Otherwise a read timed out, and the request may have arrived.
  if (code === "ETIMEDOUT" && isBefore) return "connect timeout"
  // In TLS 1.3 this alert arrives after the first request was written, and the server does not read that request.
  if (/^ERR_SSL_.*_CERTIFICATE_REQUIRED$/.test(code)) return "client certificate required"
  if (sent !== true) {
    if (isNoTls(code)) return "no TLS at this port"
    if (isCertificate(code)) return "certificate refused"
    if (isRefusal(code)) return "TLS refused"
    const isCutOff = sent === false && !isConnecting(syscall) && /^ECONN|^EPIPE$|^ERR_(SSL|TLS)_/.test(code)
    if ((isTls && isCutOff) || /before secure TLS connection was established/.test(String(message))) {
      return "TLS handshake broken"
    }
    if (isBefore && !/^UND_ERR_(?!SOCKET)/.test(code)) return "connection failed"
  }
  return isBroken(code) ? "connection broken" : "request failed"
}

const isBroken = (code: string): boolean =>
  /^(ECONN(RESET|ABORTED)|ETIMEDOUT|EPIPE|ENOTCONN|ENET(DOWN|RESET|UNREACH)|EHOST(DOWN|UNREACH)|ERR_SSL_.*|UND_ERR_SOCKET|UND_ERR_RES_CONTENT_LENGTH_MISMATCH)$/.test(
    code,
  )
