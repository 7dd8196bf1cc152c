/** The options of a client that the environment sets. */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as AccessToken from "../AccessToken.ts"
import type * as FeishuConfig from "../FeishuConfig.ts"
import { type FeishuError, invalidRequest } from "../FeishuError.ts"
import * as Secret from "../Secret.ts"
import * as Sentence from "../Sentence.ts"

/** The options that the environment sets: where Feishu is, and the credentials. */
interface EnvironmentOptions extends FeishuConfig.Options {
  readonly credentials: Effect.Effect<
    AccessToken.AccessToken["Service"],
    FeishuError,
    AccessToken.Requirements
  >
}

/** Reads the variables. An access token takes precedence over an app. */
export const environmentOptions: Effect.Effect<EnvironmentOptions, FeishuError | Config.ConfigError> =
  Effect.gen(function* () {
    const variables = yield* environment
    const text = (value: Option.Option<string>, inside = Secret.unquoted) =>
      Option.filter(Option.map(value, inside), (text) => text !== "")
    const pasted = (value: Option.Option<string>) => text(value, Secret.unwrapped)
    const checked = (variable: string, problem: Sentence.SecretProblem | undefined) =>
      problem === undefined
        ? Effect.void
        : invalidRequest(variable, Sentence.make("secretUnfit", { problem }), Sentence.make("copySecret"))
    const brand = Secret.unquoted(variables.brand).toLowerCase() || "feishu"
    if (brand !== "feishu" && brand !== "lark") {
      return yield* invalidRequest(
        "FEISHU_BRAND",
        Sentence.make("unknownBrand", { text: brand }),
        Sentence.make("setBrand"),
      )
    }
    const permission = Secret.unquoted(variables.allowHttp)
    const allowHttp = /^(?:true|yes|on|1)$/i.test(permission)
    if (!allowHttp && !/^(?:false|no|off|0|)$/i.test(permission)) {
      return yield* invalidRequest(
        "FEISHU_ALLOW_HTTP",
        Sentence.make("notABoolean"),
        Sentence.make("setBoolean"),
      )
    }
    const token = Option.map(pasted(Option.map(variables.accessToken, Redacted.value)), Secret.accessToken)
    const appSecret = Option.map(pasted(Option.map(variables.appSecret, Redacted.value)), Secret.appSecret)
    const appId = pasted(variables.appId)
    const oauthBaseUrl = Option.getOrUndefined(text(variables.oauthBaseUrl))
    const options = {
      brand,
      baseUrl: Option.getOrUndefined(text(variables.baseUrl)),
      oauthBaseUrl,
      allowHttp,
    } as const
    if (Option.isSome(token)) {
      yield* checked("FEISHU_ACCESS_TOKEN", Secret.unfitSecret(token.value, "AccessToken"))
      return { ...options, credentials: AccessToken.given(token.value) }
    }
    if (Option.isSome(appId) && Option.isSome(appSecret)) {
      yield* checked("FEISHU_APP_ID", Secret.unfitAppId(appId.value))
      yield* checked("FEISHU_APP_SECRET", Secret.unfitSecret(appSecret.value, "AppSecret"))
      const app = { appId: appId.value, appSecret: appSecret.value }
      return {
        ...options,
        credentials:
          oauthBaseUrl === undefined ? AccessToken.selfBuiltApp(app) : AccessToken.clientCredentials(app),
      }
    }
    return yield* noCredentials(
      Option.isSome(appId)
        ? Sentence.make("onlyOneSet", { set: "FEISHU_APP_ID", missing: "FEISHU_APP_SECRET" })
        : Option.isSome(appSecret)
          ? Sentence.make("onlyOneSet", { set: "FEISHU_APP_SECRET", missing: "FEISHU_APP_ID" })
          : Sentence.make("noCredentials"),
    )
  })

const environment = Config.all({
  accessToken: Config.option(Config.Redacted("FEISHU_ACCESS_TOKEN")),
  appId: Config.option(Config.String("FEISHU_APP_ID")),
  appSecret: Config.option(Config.Redacted("FEISHU_APP_SECRET")),
  brand: Config.withDefault(Config.String("FEISHU_BRAND"), ""),
  baseUrl: Config.option(Config.String("FEISHU_BASE_URL")),
  oauthBaseUrl: Config.option(Config.String("FEISHU_OAUTH_BASE_URL")),
  allowHttp: Config.withDefault(Config.String("FEISHU_ALLOW_HTTP"), ""),
})

const noCredentials = (problem: Sentence.Sentence) =>
  Effect.fail(invalidRequest("credentials", problem, Sentence.make("setCredentials")))
