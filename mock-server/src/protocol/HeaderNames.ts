/**
 * The spelling of the names of an answer's headers. HTTP ignores their case, but not every program does: the official
 * Python SDK finds the log id only under `X-Tt-Logid`.
 */
import { IncomingMessage, type OutgoingHttpHeader, type OutgoingHttpHeaders, ServerResponse } from "node:http"
import { ResponseHeaders } from "@effect-feishu/contract"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"

/** Names by their lower case. Those of the rate limit stay in lower case (documented); others are as in a published answer. */
const names = new Map<string, string>(
  [ResponseHeaders.rateLimitLimit, ResponseHeaders.rateLimitReset].map((name) => [name, name]),
)

/** Returns a name as Feishu writes it, given in lower case: `X-Tt-Logid`, every word with a capital (observed). */
export const asFeishuWrites = (name: string): string => {
  let written = names.get(name)
  if (written === undefined) {
    written = name.replaceAll(/(?<=^|-)[a-z]/g, (letter) => letter.toUpperCase())
    names.set(name, written)
  }
  return written
}

/** Node's response that writes names as Feishu does: Effect gives it all names in lower case. Create servers with it. */
export class Response<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
  /** Names that this answer writes in another way, by their lower case. */
  others: ReadonlyMap<string, string> | undefined

  /** Returns a name as this answer writes it, given in lower case. */
  nameOf(name: string): string {
    return this.others?.get(name) ?? asFeishuWrites(name)
  }

  override writeHead(
    status: number,
    message?: string | OutgoingHttpHeaders | Array<OutgoingHttpHeader>,
    headers?: OutgoingHttpHeaders | Array<OutgoingHttpHeader>,
  ): this {
    const reason = typeof message === "string" ? message : undefined
    const given = typeof message === "object" ? message : headers
    if (given === undefined || Array.isArray(given)) return super.writeHead(status, reason, given)
    // A flat list, which Node writes as it is. It costs no time (measured).
    const list: Array<OutgoingHttpHeader> = []
    for (const name in given) list.push(this.nameOf(name), given[name]!)
    return super.writeHead(status, reason, list)
  }
}

/** Returns Node's response to a request; `undefined` if the request did not come over a socket. */
export const responseOf = (request: HttpServerRequest.HttpServerRequest): Response | undefined =>
  request.source instanceof IncomingMessage
    ? (NodeHttpServerRequest.toServerResponse(request) as Response)
    : undefined

/** Makes the answer write the names of its headers exactly like these. */
export const writeAs = (request: HttpServerRequest.HttpServerRequest, given: ReadonlyArray<string>): void => {
  const response = responseOf(request)
  if (response !== undefined) response.others = new Map(given.map((name) => [name.toLowerCase(), name]))
}
