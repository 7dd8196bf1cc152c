/**
 * The attributes of spans: those of OpenTelemetry's conventions for HTTP clients, and `feishu.…` for what these do not name.
 */
import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as UrlParams from "effect/http/UrlParams"
import { FeishuError } from "../FeishuError.ts"
import type { Outcome } from "./Event.ts"

type Attributes = Readonly<Record<string, string | number>>

/** The host and port of a URL, as `server.address` and `server.port` have them. */
export interface Server {
  readonly address: string
  readonly port: number
}

/** Returns the host and port of a URL. */
export const serverOf = ({ hostname, port, protocol }: URL): Server => ({
  // A URL has an IPv6 address in brackets, the conventions have it without.
  address: hostname.replace(/^\[(.*)\]$/, "$1"),
  port: port === "" ? (protocol === "https:" ? 443 : 80) : Number(port),
})

/** Returns method and path of an operation such as `GET /open-apis/vc/v1/meetings/:meeting_id`. */
export const ofOperation = (operation: string): Readonly<Record<string, string>> => {
  const [method = "", template = ""] = operation.split(" ")
  return { "http.request.method": method, "url.template": template }
}

/** Returns what is known of an attempt when it starts. `resends` is how often the call has sent its request before. */
export const ofRequest = (
  operation: string,
  { url, urlParams }: HttpClientRequest.HttpClientRequest,
  { address, port }: Server,
  resends: number,
): Attributes => {
  const query = UrlParams.toString(urlParams)
  return {
    ...ofOperation(operation),
    "server.address": address,
    "server.port": port,
    "url.full": UrlParams.redactUrl(query === "" ? url : `${url}?${query}`),
    ...(resends > 0 ? { "http.request.resend_count": resends } : {}),
  }
}

/** Returns what the end of an attempt or a call says: the status of its answer, its log id, and why it failed. */
export const ofEnd = (
  exit: Exit.Exit<unknown, FeishuError>,
  answer: { readonly status?: number | undefined; readonly logId?: string | undefined } | undefined,
): Attributes => {
  const error = errorOf(exit)
  const status = answer?.status
  const logId = answer?.logId ?? error?.logId
  return {
    ...(status === undefined ? {} : { "http.response.status_code": status }),
    ...(Exit.isSuccess(exit) ? {} : { "error.type": outcomeOf(exit) }),
    ...(error?.code === undefined ? {} : { "feishu.code": error.code }),
    ...(logId === undefined ? {} : { "feishu.log_id": logId }),
  }
}

/** Returns how a request ended; the tag of its reason where it failed. */
export const outcomeOf = (exit: Exit.Exit<unknown, FeishuError>): Outcome =>
  Exit.isSuccess(exit) ? "Success" : (errorOf(exit)?.reason._tag ?? "Interrupted")

const errorOf = (exit: Exit.Exit<unknown, FeishuError>): FeishuError | undefined => {
  const error = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
  return error instanceof FeishuError ? error : undefined
}
