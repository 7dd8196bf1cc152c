/** One request and what is known about it: its workspace, the app that sent it, and the ids of its answer. */
import * as Context from "effect/Context"
import type { PagingFault } from "../protocol/FaultRule.ts"
import type * as AnswerIds from "../protocol/AnswerIds.ts"
import type * as MeetingPage from "../protocol/MeetingPage.ts"
import type * as Operations from "../protocol/Operations.ts"
import type * as RateLimit from "../state/RateLimit.ts"
import type { Token } from "../state/Tokens.ts"
import type { State, Workspace } from "../state/Workspace.ts"

/** A request that is being answered. */
export class Exchange {
  /** The endpoint of the request, or `undefined` when the mock does not have it. */
  readonly operation: Operations.Operation | undefined
  /** The values of the parameters in the path, without escapes. */
  readonly params: Readonly<Record<string, string>>
  workspace: Workspace
  /** The workspace's state when the request arrived: a reset in between does not change it. */
  state: State
  /** The app that sent the request, as far as it is known. */
  appId: string | undefined
  /** The access token of the request, if the mock has issued it. */
  token: Token | undefined
  /** The token's tenant, once the gateway has let the request through. */
  tenant = ""
  /** Set when the request is over the rate limit. The refusal is sent after the fields were checked. */
  refusal: RateLimit.Refusal | undefined
  /** The fault with which a rule breaks the page. */
  pagingFault: PagingFault | undefined
  /** The reason why the page token was refused. */
  pageTokenRefused: string | undefined
  /** The text of the body; empty until it was read. */
  requestBody = ""
  /**
   * The page of the answer. The journal keeps it and writes its body again when the entry is read: if it kept the
   * bodies of all pages, collecting garbage would take half as long as answering (measured).
   */
  page: MeetingPage.Page | undefined
  #ids: AnswerIds.ExchangeIds | undefined
  #now: number | undefined

  constructor(workspace: Workspace, found: Operations.Found | undefined) {
    this.operation = found?.operation
    this.params = found?.params ?? {}
    this.workspace = workspace
    this.state = workspace.state
  }

  /** Moves the exchange to the workspace of the app or token that the request names. */
  belongsTo(workspace: Workspace, appId: string): void {
    this.appId = appId
    if (this.workspace === workspace) return
    this.workspace = workspace
    this.state = workspace.state
    this.#now = undefined
  }

  /** The mock's time in unix milliseconds: the same for everything that is done for the request. */
  get now(): number {
    return (this.#now ??= this.state.clock.now())
  }

  /** The log id and the request id of the answer. */
  get ids(): AnswerIds.ExchangeIds {
    return (this.#ids ??= this.state.nextIds(this.now))
  }
}

/** The request that is being answered. */
export const CurrentExchange = Context.Reference<Exchange>("@effect-feishu/mock-server/CurrentExchange", {
  defaultValue: () => {
    throw new Error("there is no request")
  },
})

/** Returns the token of an `Authorization` header; empty without `Bearer `. */
export const bearerOf = (header: string | undefined): string =>
  header?.startsWith("Bearer ") === true ? header.slice("Bearer ".length) : ""
