/**
 * `GET /open-apis/authen/v1/user_info`: who a user access token is of. It requires no scope; some fields require one of their own.
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { UserInfo } from "@effect-feishu/contract"
 *
 * const data = { name: "张三", en_name: "San Zhang", open_id: "ou_caecc734c2e3328a62489fe0648c4b98", tenant_key: "736588c92lxf175d" }
 * console.log(Schema.decodeUnknownSync(UserInfo.Data)(data).name) // => 张三
 * ```
 */
import * as Schema from "effect/Schema"
import type { EndpointCode } from "./ErrorCode.ts"
import { nullable, rest } from "./Row.ts"

/** The path below the base URL (documented). */
export const path = "/open-apis/authen/v1/user_info"

/** It requires no scope (documented). */
export const scopes: ReadonlyArray<string> = []

const askTheUser = "Ask the administrator of the tenant; the login itself is kept."

/** What codes mean on this endpoint, which answers them with HTTP 200 (documented). */
export const codes: ReadonlyArray<EndpointCode> = [
  {
    code: 20005,
    status: 200,
    meaning: "the user access token is invalid",
    remedy: "Sign in again.",
    source: "documented",
  },
  { code: 20008, status: 200, meaning: "the user does not exist", remedy: askTheUser, source: "documented" },
  { code: 20021, status: 200, meaning: "the user has resigned", remedy: askTheUser, source: "documented" },
  { code: 20022, status: 200, meaning: "the user is frozen", remedy: askTheUser, source: "documented" },
  {
    code: 20023,
    status: 200,
    meaning: "the user has not registered",
    remedy: askTheUser,
    source: "documented",
  },
]

/** The query: there is none (documented). */
export const Query = Schema.Struct({})
/** The query: there is none. */
export type Query = typeof Query.Type

const text = nullable(Schema.String)

/** The `data` of the answer: who signed in. Other fields, such as pictures, are kept as they come. */
export const Data = Schema.StructWithRest(
  Schema.Struct({
    /** The id of the user within the app. */
    open_id: Schema.NonEmptyString,
    /** The id of the user for all apps of one developer. */
    union_id: text,
    /** The id of the user within the tenant, if the app has the scope `contact:user.employee_id:readonly`. */
    user_id: text,
    name: text,
    en_name: text,
    /** The tenant of the user. */
    tenant_key: text,
  }),
  rest,
)
/** The `data` of the answer: who signed in. */
export type Data = typeof Data.Type
