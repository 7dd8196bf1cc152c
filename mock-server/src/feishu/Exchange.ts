/** One request and what is known of it: which workspace it belongs to, who asks, and the ids that its answer carries. */
import * as Context from "effect/Context"
import type * as FaultRules from "../faults/FaultRules.ts"
import type * as AnswerIds from "../protocol/AnswerIds.ts"
import type * as MeetingPage from "../protocol/MeetingPage.ts"
import type * as Operations from "../protocol/Operations.ts"
import type * as RateLimit from "../state/RateLimit.ts"
import type { Token } from "../state/Tokens.ts"
import type { State, Workspace } from "../state/Workspace.ts"

/** A request that is being answered. */
export class Exchange {
  /** The endpoint that it is for, or `undefined` where there is none. */
  readonly operation: Operations.Operation | undefined
  workspace: Workspace
  /** Of that workspace when the request came to it. */
  state: State
  /** Who asks, as far as that is known. */
  appId: string | undefined
  /** That the request names, as far as anybody gave it. */
  token: Token | undefined
  /** Of the token, once the gateway has let the request through. */
  tenant = ""
  /** Set where the request is over the rate limit. It is answered after the fields were checked. */
  refusal: RateLimit.Refusal | undefined
  /** What is to be wrong with the page that is asked for. */
  pagingFault: FaultRules.PagingFault | undefined
  /** Why the page token was refused, if it was. */
  pageTokenRefused: string | undefined
  /** Of a request whose body was read. */
  requestBody = ""
  /**
   * That was answered. The journal keeps it, and writes its body again for whoever looks: if it kept the bodies of all
   * pages, collecting garbage would take half as long as answering (measured).
   */
  page: MeetingPage.Page | undefined
  #ids: AnswerIds.ExchangeIds | undefined
  #now: number | undefined

  constructor(workspace: Workspace, operation: Operations.Operation | undefined) {
    this.operation = operation
    this.workspace = workspace
    this.state = workspace.state
  }

  /** The request names an app or token of this workspace. */
  belongsTo(workspace: Workspace, appId: string): void {
    this.appId = appId
    if (this.workspace === workspace) return
    this.workspace = workspace
    this.state = workspace.state
    this.#now = undefined
  }

  /** The mock's time in unix milliseconds, one for all that is done for a request. */
  get now(): number {
    return (this.#now ??= this.state.clock.now())
  }

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

/** What is in an `Authorization` header; empty where that is nothing. */
export const bearerOf = (header: string | undefined): string =>
  header?.startsWith("Bearer ") === true ? header.slice("Bearer ".length) : ""
