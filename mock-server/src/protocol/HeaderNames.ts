/**
 * How the names of an answer's headers are written. HTTP ignores their case, but not every program does: the official
 * Python SDK finds the log id under `X-Tt-Logid` alone.
 */
import { IncomingMessage, type OutgoingHttpHeader, type OutgoingHttpHeaders, ServerResponse } from "node:http"
import { ResponseHeaders } from "@effect-feishu/contract"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"

/** Those of the rate limit are in lower case (documented); all others are as a published answer has them. */
const names = new Map<string, string>(
  [ResponseHeaders.rateLimitLimit, ResponseHeaders.rateLimitReset].map((name) => [name, name]),
)

/** A name in lower case as Feishu writes it: `X-Tt-Logid`, every word with a capital (observed). */
export const asFeishuWrites = (name: string): string => {
  let written = names.get(name)
  if (written === undefined) {
    written = name.replaceAll(/(?<=^|-)[a-z]/g, (letter) => letter.toUpperCase())
    names.set(name, written)
  }
  return written
}

/** Node's response, for a server to be created with: Effect gives it all names in lower case. */
export class Response<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
  /** Names that are written another way, by what they are in lower case. */
  others: ReadonlyMap<string, string> | undefined

  /** A name in lower case as this answer has it. */
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
    // A flat list, which Node writes as it is: requests take as long as without it (measured).
    const list: Array<OutgoingHttpHeader> = []
    for (const name in given) list.push(this.nameOf(name), given[name]!)
    return super.writeHead(status, reason, list)
  }
}

/** The response of a request that came over a socket. */
export const responseOf = (request: HttpServerRequest.HttpServerRequest): Response | undefined =>
  request.source instanceof IncomingMessage
    ? (NodeHttpServerRequest.toServerResponse(request) as Response)
    : undefined

/** Has the answer's headers written with these names, letter by letter. */
export const writeAs = (request: HttpServerRequest.HttpServerRequest, given: ReadonlyArray<string>): void => {
  const response = responseOf(request)
  if (response !== undefined) response.others = new Map(given.map((name) => [name.toLowerCase(), name]))
}
