/**
 * Every endpoint of Feishu that the mock has. An endpoint with an access token is a file like `ListByNo.ts`: it is added to
 * `Meetings`, and its handler to `meetings`. One that gives tokens is a member of `TokenEndpoints` or `OAuthEndpoints`; `UserInfo` has
 * codes of its own for a wrong token, so it is not behind the gateway either. What
 * fault rules, the journal and the middleware call them is in `protocol/Operations.ts`.
 */
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpRouter from "effect/http/HttpRouter"
import * as Layer from "effect/Layer"
import * as Operations from "../protocol/Operations.ts"
import * as Behaviour from "../protocol/Behaviour.ts"
import * as RateLimit from "../state/RateLimit.ts"
import * as Gateway from "./Gateway.ts"
import * as GetMeeting from "./GetMeeting.ts"
import * as GetRecording from "./GetRecording.ts"
import * as ListByNo from "./ListByNo.ts"
import * as OAuthEndpoints from "./OAuthEndpoints.ts"
import * as TokenEndpoints from "./TokenEndpoints.ts"
import * as UserInfo from "./UserInfo.ts"

const Meetings = HttpApiGroup.make("meetings").add(
  ListByNo.endpoint,
  GetMeeting.endpoint,
  GetRecording.endpoint,
)

const Api = HttpApi.make("feishu").add(Meetings)

const meetings = HttpApiBuilder.group(Api, "meetings", (handlers) =>
  handlers
    .handle("listByNo", ListByNo.handle)
    .handle("get", GetMeeting.handle)
    .handle("getRecording", GetRecording.handle),
)

/** What the gateway requires, for each endpoint behind it. */
const accesses: { readonly [Name in Operations.Operation]?: Gateway.Access["Service"] } = {
  "meetings.listByNo": ListByNo.access,
  "meetings.get": GetMeeting.access,
  "meetings.getRecording": GetRecording.access,
}

/** Returns what failures on demand say of an endpoint: its scopes, and the refusal of its rate limit, also while that is off. */
export const requirementsOf = (
  operation: Operations.Operation | undefined,
  behaviour: Behaviour.Behaviour,
): { readonly scopes: ReadonlyArray<string>; readonly overLimit: RateLimit.Refusal } => {
  const { limit, scopes } = (operation && accesses[operation]) ?? ListByNo.access
  const window = limit.windows(behaviour)[0] ?? limit.windows(Behaviour.defaults)[0]!
  return { scopes, overLimit: RateLimit.refusal(window, behaviour.rateWindow) }
}

/** The endpoints that are not behind the gateway. */
const others = Object.entries({
  ...TokenEndpoints.endpoints,
  ...OAuthEndpoints.endpoints,
  "authen.userInfo": UserInfo.answer,
}).map(([operation, answer]) => {
  const [method, path] = Operations.route(operation as Operations.Operation).split(" ")
  return HttpRouter.add(method as "GET" | "POST", path as HttpRouter.PathInput, answer)
})

/** Every route of Feishu. The middleware answers all other paths and methods as Feishu does. */
export const routes = Layer.mergeAll(
  HttpApiBuilder.layer(Api).pipe(
    Layer.provide(meetings),
    Layer.provide([Gateway.authorization, Gateway.fields]),
  ),
  ...others,
)

/** The router matches paths to the letter (observed). */
export const routerConfig = {
  caseSensitive: true,
  ignoreTrailingSlash: false,
  ignoreDuplicateSlashes: false,
  // In a path of the control plane an id may have any length, and the answer names it: "there is no rule …".
  maxParamLength: 128 * 1024,
}
