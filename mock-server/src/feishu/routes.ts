/** Every endpoint of Feishu that the mock has: one file each. */
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as Layer from "effect/Layer"
import * as ListByNo from "./ListByNo.ts"
import * as TokenEndpoints from "./TokenEndpoints.ts"

const Api = HttpApi.make("feishu").add(HttpApiGroup.make("meetings").add(ListByNo.endpoint))

const meetings = HttpApiBuilder.group(Api, "meetings", (handlers) =>
  handlers.handle("listByNo", ListByNo.handle),
)

/** Every route of Feishu; what is none of them `Exchange` answers as Feishu does, wrong methods included. */
export const routes = Layer.mergeAll(
  HttpApiBuilder.layer(Api).pipe(Layer.provide(meetings)),
  TokenEndpoints.routes(),
)

/** Paths are matched to the letter (observed). */
export const routerConfig = {
  caseSensitive: true,
  ignoreTrailingSlash: false,
  ignoreDuplicateSlashes: false,
  // Of whatever length an id is in a path of the control plane, that it is not there is said of the id.
  maxParamLength: 128 * 1024,
}
