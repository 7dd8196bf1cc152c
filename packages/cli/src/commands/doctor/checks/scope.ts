/** Check `scope`: the app may read meetings. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { FeishuClient, type FeishuError, ListByNo } from "@effect-feishu/core"
import { ofFeishu } from "../../../failure/Fault.ts"
import * as Language from "../../../language/Language.ts"
import * as LoadedSettings from "../../../settings/LoadedSettings.ts"
import * as Check from "../Check.ts"
import type { Access } from "./token.ts"

const words = Language.words({
  en: {
    granted: "meetings may be read",
    grant: (link: string) => `Grant the scope there, and publish a version of the app: ${link}`,
  },
  zh: {
    granted: "可以读取会议",
    grant: (link) => `请在此开通权限，并发布应用版本：${link}`,
  },
})

/**
 * A request without any field: the gateway checks the scope before the fields (observed), and so refuses the fields only
 * if the scope is granted. No meeting is read.
 */
const noFields: FeishuClient.Endpoint<Record<never, never>, unknown> = {
  path: ListByNo.path,
  query: Schema.Struct({}),
  data: Schema.Unknown,
}

/** The code for a scope that a user has not granted (documented). */
const ofUser = 99991679

/** Sends a request that is refused for its fields if the scope is granted. */
export const checkScope = ({ client, configured, identity, untilRefused }: Access) =>
  untilRefused(
    Effect.gen(function* () {
      const say = yield* Language.say(words)
      const passed = [undefined, { detail: say.granted } as Check.Passed] as const
      const { call } = yield* FeishuClient.FeishuClient
      return yield* call(noFields, {}).pipe(
        Effect.as(passed),
        Effect.catch((error): Check.Check<undefined> =>
          error.reason._tag === "RequestRefused" && error.code !== undefined
            ? Effect.succeed(passed)
            : failed({ configured, identity }, error, ListByNo.scopes),
        ),
      )
    }).pipe(Effect.provide(client)),
  )

/**
 * Fails with an error. For a scope that the app lacks, the remedy is where to grant it: one of those that Feishu names, or of
 * `scopes` if it names none.
 */
export const failed = Effect.fnUntraced(function* (
  { configured: { settings, urls }, identity }: Pick<Access, "configured" | "identity">,
  error: FeishuError.FeishuError,
  scopes: ReadonlyArray<string>,
) {
  const language = yield* Language.CurrentLanguage
  const appId = LoadedSettings.app(settings)
  if (error.reason._tag !== "PermissionDenied" || appId === undefined) return yield* error
  // The app has the scope, and the user has not granted it: that is not in the developer console.
  if (error.code === ofUser) return yield* error
  const { exitCode, logId, meaning } = ofFeishu(error, language)
  const { code } = error
  const missing = error.reason.scopes.length > 0 ? error.reason.scopes : scopes
  const link = `${urls.baseUrl}/app/${encodeURIComponent(appId)}/auth?q=${missing.join(",")}&op_from=openapi&token_type=${identity._tag === "Account" ? "user" : "tenant"}`
  return yield* new Check.CheckFailed({
    detail: meaning,
    remedy: words[language].grant(link),
    logId,
    exitCode,
    facts: { code, scopes: missing, link },
  })
})
