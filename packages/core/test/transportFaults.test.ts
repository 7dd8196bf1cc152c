import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { HttpClient, HttpClientError } from "effect/http"
import { FeishuConfig, type FeishuError, Probe } from "@effect-feishu/core"
import * as Transport from "../src/internal/Transport.ts"

// The shapes of these are those that Node 24 and its undici throw: seen in namespaces without routes, on closed
// ports, at TLS servers that refuse, and with no file descriptor left.

type Fields = Readonly<Record<string, unknown>>

const system = (code: string, fields: Fields = {}): Error => {
  const { syscall } = fields
  const error = new Error(typeof syscall === "string" ? `${syscall} ${code}` : code)
  return Object.assign(error, { code, ...fields })
}
const connecting = (code: string, address = "10.9.0.2") =>
  system(code, { errno: -1, syscall: "connect", address, port: 443 })
const lookup = (code: string) => system(code, { syscall: "getaddrinfo", hostname: "feishu.invalid" })
/** What Node throws where no address of a host could be connected to: the code is that of the first. */
const several = (...codes: ReadonlyArray<string>) =>
  Object.assign(
    new AggregateError(
      codes.map((code, index) => connecting(code, index % 2 === 0 ? "2001:db8::1" : "10.9.0.2")),
    ),
    { code: codes[0] },
  )
const undici = (code: string, cause?: Error) => Object.assign(new Error("undici", { cause }), { code })
const fetched = (cause: Error) => new TypeError("fetch failed", { cause })
const tls = (code: string) => system(code, { library: "SSL routines" })
/** Node's own client has what OpenSSL says in the message alone. */
const proto = (reason: string) =>
  Object.assign(
    new Error(
      `write EPROTO 40AD634B827F0000:error:0A00010B:SSL routines:ssl3_read_bytes:${reason}:../deps/openssl/ssl.c:918:\n`,
    ),
    { code: "EPROTO", syscall: "write" },
  )
const handshake = () =>
  Object.assign(
    new Error("Client network socket disconnected before secure TLS connection was established"),
    { code: "ECONNRESET", host: "localhost", port: "443", localAddress: undefined },
  )
const parser = (bytes: string, code?: string) =>
  Object.assign(new Error("Response does not match the HTTP/1.1 protocol"), { data: bytes, code })

const alertBytes = "\u0015\u0003\u0001\u0000\u0002\u0002\n"

/** The fault, the code that is shown, whether the request may have arrived, and causes. */
type Row = readonly [fault: FeishuError.TransportFailed["fault"], code: string | undefined, ...Array<Error>]
const rows: ReadonlyArray<Row> = [
  ["connection refused", "ECONNREFUSED", connecting("ECONNREFUSED"), system("ECONNREFUSED")],
  [
    "connection refused",
    "ECONNREFUSED",
    several("ECONNREFUSED", "ECONNREFUSED"),
    several("ENETUNREACH", "ECONNREFUSED"),
    several("ETIMEDOUT", "ECONNREFUSED"),
    undici("UND_ERR_CONNECT_TIMEOUT", several("ETIMEDOUT", "ENETUNREACH", "ECONNREFUSED")),
  ],
  ["host not found", "ENOTFOUND", lookup("ENOTFOUND"), system("ENOTFOUND")],
  ["host not found", "EAI_AGAIN", lookup("EAI_AGAIN")],
  ["host not found", "EAI_FAIL", lookup("EAI_FAIL")],
  ["host not found", "EAI_NODATA", lookup("EAI_NODATA")],
  ["connect timeout", "UND_ERR_CONNECT_TIMEOUT", undici("UND_ERR_CONNECT_TIMEOUT")],
  ["connect timeout", "ERR_SOCKET_CONNECTION_TIMEOUT", system("ERR_SOCKET_CONNECTION_TIMEOUT")],
  [
    "connect timeout",
    "ETIMEDOUT",
    connecting("ETIMEDOUT"),
    several("ETIMEDOUT", "ETIMEDOUT"),
    several("ETIMEDOUT", "ENETUNREACH"),
    several("ENETUNREACH", "ETIMEDOUT"),
    several("EHOSTUNREACH", "ETIMEDOUT"),
    undici("UND_ERR_CONNECT_TIMEOUT", several("ETIMEDOUT", "ENETUNREACH")),
  ],
  ...[
    "ENETUNREACH",
    "EHOSTUNREACH",
    "ENETDOWN",
    "EHOSTDOWN",
    "EADDRNOTAVAIL",
    "EACCES",
    "EPERM",
    "EINVAL",
  ].map((code): Row => ["connection failed", code, connecting(code), several(code, code)]),
  ...["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "ECONNABORTED", "EAFNOSUPPORT"].map((code): Row => [
    "connection failed",
    code,
    connecting(code),
  ]),
  ["connection failed", "EACCES", several("ENETUNREACH", "EHOSTUNREACH", "EACCES")],
  ["connection failed", "EHOSTUNREACH", several("EADDRNOTAVAIL", "EHOSTUNREACH")],
  ["TLS handshake broken", "ECONNRESET", handshake()],
  ...[
    "WRONG_VERSION_NUMBER",
    "PACKET_LENGTH_TOO_LONG",
    "DATA_LENGTH_TOO_LONG",
    "HTTP_REQUEST",
    "UNKNOWN_PROTOCOL",
  ].map((name): Row => ["no TLS at this port", `ERR_SSL_${name}`, tls(`ERR_SSL_${name}`)]),
  ["no TLS at this port", "ERR_SSL_WRONG_VERSION_NUMBER", proto("wrong version number")],
  ...[
    "SSL/TLS_ALERT_HANDSHAKE_FAILURE",
    "SSLV3_ALERT_HANDSHAKE_FAILURE",
    "TLSV1_ALERT_PROTOCOL_VERSION",
    "TLSV1_UNRECOGNIZED_NAME",
    "TLSV1_ALERT_ACCESS_DENIED",
    "TLSV1_ALERT_UNKNOWN_CA",
    "TLSV1_ALERT_INSUFFICIENT_SECURITY",
    "TLSV1_ALERT_NO_APPLICATION_PROTOCOL",
    "TLSV13_ALERT_MISSING_EXTENSION",
    "SSL/TLS_ALERT_BAD_CERTIFICATE",
    "UNSUPPORTED_PROTOCOL",
    "NO_PROTOCOLS_AVAILABLE",
    "UNSAFE_LEGACY_RENEGOTIATION_DISABLED",
    "DH_KEY_TOO_SMALL",
    "WRONG_CIPHER_RETURNED",
  ].map((name): Row => ["TLS refused", `ERR_SSL_${name}`, tls(`ERR_SSL_${name}`)]),
  ["TLS refused", "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION", proto("tlsv1 alert protocol version")],
  ["TLS refused", "ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE", proto("ssl/tls alert handshake failure")],
  [
    "client certificate required",
    "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED",
    tls("ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED"),
    proto("tlsv13 alert certificate required"),
  ],
  ...[
    "CERT_HAS_EXPIRED",
    "CERT_NOT_YET_VALID",
    "CERT_REVOKED",
    "CERT_CHAIN_TOO_LONG",
    "CERT_SIGNATURE_FAILURE",
    "DEPTH_ZERO_SELF_SIGNED_CERT",
    "SELF_SIGNED_CERT_IN_CHAIN",
    "UNABLE_TO_GET_ISSUER_CERT",
    "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    "ERR_TLS_CERT_ALTNAME_INVALID",
    "HOSTNAME_MISMATCH",
    "INVALID_CA",
    "INVALID_PURPOSE",
    "PATH_LENGTH_EXCEEDED",
    "UNSPECIFIED",
  ].map((code): Row => ["certificate refused", code, system(code)]),
  ["TLS required", undefined, parser(alertBytes)],
  [
    "TLS required",
    "HPE_INVALID_CONSTANT",
    parser(alertBytes, "HPE_INVALID_CONSTANT"),
    Object.assign(system("HPE_INVALID_CONSTANT"), { rawPacket: Buffer.from(alertBytes, "latin1") }),
  ],
  // The request may be on its way, or have arrived.
  [
    "connection broken",
    "ECONNRESET",
    system("ECONNRESET", { syscall: "read" }),
    system("ECONNRESET", { syscall: "write" }),
    system("ECONNRESET"),
  ],
  ["connection broken", "ETIMEDOUT", system("ETIMEDOUT", { syscall: "read" }), system("ETIMEDOUT")],
  ["connection broken", "EPIPE", system("EPIPE", { syscall: "write" })],
  ["connection broken", "ECONNABORTED", system("ECONNABORTED", { syscall: "write" })],
  ["connection broken", "EHOSTUNREACH", system("EHOSTUNREACH", { syscall: "read" })],
  ["connection broken", "ENETDOWN", system("ENETDOWN", { syscall: "write" }), system("ENETDOWN")],
  ["connection broken", "UND_ERR_SOCKET", undici("UND_ERR_SOCKET")],
  ["connection broken", "ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR", tls("ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR")],
  [
    "connection broken",
    "ERR_SSL_SSL/TLS_ALERT_BAD_RECORD_MAC",
    tls("ERR_SSL_SSL/TLS_ALERT_BAD_RECORD_MAC"),
    proto("ssl/tls alert bad record mac"),
  ],
  ["connection broken", "HPE_INVALID_CONSTANT", parser("SSH-2.0", "HPE_INVALID_CONSTANT")],
  ["connection broken", undefined, parser("SSH-2.0-OpenSSH_9.2\r\n")],
  [
    "too many subrequests",
    undefined,
    new Error("Too many subrequests by single Worker invocation."),
    new Error("Too many subrequests."),
  ],
  ["request failed", "UND_ERR_INVALID_ARG", undici("UND_ERR_INVALID_ARG")],
  ["request failed", undefined, new Error("bad port"), new TypeError("fetch failed")],
]

const faultOf = (cause: Error) =>
  Effect.exit(Probe.reach).pipe(
    Effect.provide([
      FeishuConfig.layer({ baseUrl: "https://feishu.invalid" }),
      Layer.succeed(
        HttpClient.HttpClient,
        HttpClient.make((request) =>
          Effect.fail(
            new HttpClientError.HttpClientError({
              reason: new HttpClientError.TransportError({ request, cause }),
            }),
          ),
        ),
      ),
    ]),
  )

const arrived: ReadonlyArray<FeishuError.TransportFailed["fault"]> = ["connection broken", "request failed"]

describe("what a client failed with is told by the system's error, and uses a slot only if it may have arrived", () => {
  for (const [fault, code, ...causes] of rows) {
    it.live(`${fault}: ${code ?? "without a code"}`, () =>
      Effect.gen(function* () {
        // As they are, and as fetch has them.
        for (const cause of causes.flatMap((cause) => [cause, fetched(cause)])) {
          const exit = yield* faultOf(cause)
          const error = yield* Effect.flip(exit)
          assert.include(
            error.message,
            `feishu.invalid:443: ${fault}${code === undefined ? "" : ` (${code})`}. `,
          )
          assert.strictEqual(Transport.deliveryOf(exit), arrived.includes(fault) ? "unanswered" : "not sent")
        }
      }),
    )
  }
})
