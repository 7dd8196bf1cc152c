/**
 * The endpoint that says whose a user access token is. It refuses tokens with a code of its own and HTTP 200 (documented), so it is not
 * behind the gateway; that the gateway's check for an address comes first is inferred.
 */
import { GetMeeting } from "@effect-feishu/contract"
import * as Effect from "effect/Effect"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import type { PersonNow } from "../protocol/PublicTypes.ts"
import * as People from "../seed/People.ts"
import { failure, found } from "./answers.ts"
import { bearerOf, CurrentExchange, type Exchange } from "./Exchange.ts"
import { blocked, hasScope, isAllowed } from "./Gateway.ts"

/** The codes for somebody who cannot use their account (documented). */
const codeOfStatus: Readonly<Record<Exclude<PersonNow["status"], "active">, number>> = {
  deleted: 20008,
  resigned: 20021,
  frozen: 20022,
  unregistered: 20023,
}

/** Answers with the person of the token. Its limit is a special one (documented), which nobody knows, so there is none here. */
export const answer: Effect.Effect<HttpServerResponse, never, HttpServerRequest.HttpServerRequest> =
  Effect.gen(function* () {
    const exchange = yield* CurrentExchange
    const request = yield* HttpServerRequest.HttpServerRequest
    const { now, state, token } = exchange
    if (bearerOf(request.headers["authorization"]) === "") return yield* failure(99991661)
    if (token?.kind !== "user" || token.revoked || now >= token.expiresAt) return yield* failure(20005)
    const app = state.store.app(token.appId)
    if (app !== undefined && !isAllowed(app, request)) return yield* failure(99991401)
    const { user, tenant } = token
    // The token of nobody in particular is that of a made-up person.
    const person =
      user === undefined
        ? People.of({ user_id: "nobody", name: "测试用户", en_name: "Test User" }, tenant)
        : state.store.person(user, tenant)
    if (person.status !== "active") return yield* failure(codeOfStatus[person.status])
    if (person.policy !== undefined) return yield* blocked(person.policy)
    return found(dataOf(exchange, person))
  })

/** The picture of the documented example. */
const avatar = "www.feishu.cn/avatar/icon"

const dataOf = (exchange: Exchange, person: PersonNow): object => ({
  name: person.name,
  en_name: person.en_name,
  avatar_url: avatar,
  avatar_thumb: `${avatar}_thumb`,
  avatar_middle: `${avatar}_middle`,
  avatar_big: `${avatar}_big`,
  open_id: person.open_id,
  union_id: person.union_id,
  ...(hasScope(exchange, GetMeeting.userIdScope) ? { user_id: person.user_id } : {}),
  tenant_key: person.tenant_key,
})
