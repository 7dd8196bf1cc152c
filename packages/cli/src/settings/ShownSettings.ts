/** The settings as they are shown: each with its value and where it comes from, and no secret. */
import * as Effect from "effect/Effect"
import * as Language from "../language/Language.ts"
import * as LoadedSettings from "./LoadedSettings.ts"
import * as Setting from "./Setting.ts"

/** A setting as it is shown. */
export interface Shown {
  readonly name: Setting.Name
  /** The app that it was set for, where several are set. */
  readonly app?: string | undefined
  /** The value in use; never a secret. */
  readonly value: string | undefined
  /** The length of a secret, if it is set. */
  readonly characters: number | undefined
  /** Why the value cannot be used, where that is an error only once a request needs it. */
  readonly problem?: string | undefined
  readonly origin: LoadedSettings.Origin | undefined
}

/** Returns every setting with the value in use and its origin. */
export const all = Effect.fnUntraced(function* (settings: LoadedSettings.Settings) {
  const { found } = settings
  const language = yield* Language.CurrentLanguage
  const { baseUrl, oauthBaseUrl } = yield* LoadedSettings.addresses(settings)
  const used: Partial<Record<Setting.Name, string>> = {
    "base-url": baseUrl,
    "allow-http": String(Setting.truth(found.get("allow-http")?.text ?? "") ?? false),
    brand: found.get("brand")?.text.toLowerCase() ?? "feishu",
    "rate-limit": String(settings.rateLimit),
    "details-rate-limit": String(settings.detailsRateLimit),
    "page-size": String(settings.pageSize ?? 50),
    concurrency: String(settings.concurrency ?? 1),
    lang: language,
    // Without this setting, tokens are not fetched from there.
    ...(found.has("oauth-base-url") ? { "oauth-base-url": oauthBaseUrl } : {}),
  }
  const shownOf = (setting: Setting.Setting, set: LoadedSettings.Found | undefined): Shown => {
    const { holds, name } = setting
    const origin = set?.origin
    return holds === "secret"
      ? { name, value: undefined, characters: Array.from(set?.text ?? "").length, origin }
      : {
          name,
          value: used[name] ?? (set && LoadedSettings.shown(setting, set)),
          characters: undefined,
          origin,
          problem: Setting.isProxy(setting) ? Setting.proxyProblem(set?.text ?? "")?.[language] : undefined,
        }
  }
  return [
    ...Setting.all
      .filter(({ holds, name }) => holds !== "secret" || found.has(name))
      .map((setting) => shownOf(setting, found.get(setting.name))),
    ...Array.from(settings.apps.values()).flatMap(({ appId: app, found }) =>
      Setting.ofApp
        .filter(({ name }) => found.has(name))
        .map((setting) => ({ ...shownOf(setting, found.get(setting.name)), app })),
    ),
  ]
})

/** Returns the name of a setting as a file has it, such as `apps.cli_a1b2c3.app_secret`. */
export const keyOf = ({ app, name }: Pick<Shown, "app" | "name">): string =>
  app === undefined ? Setting.keyOf({ name }) : `apps.${app}.${Setting.keyOf({ name })}`

/** Returns settings as JSON has them. */
export const forPrograms = (shown: ReadonlyArray<Shown>) =>
  Object.fromEntries(
    shown.map(({ app, characters, name, origin, problem, value }) => [
      keyOf({ app, name }),
      {
        ...(characters === undefined ? { value: value ?? null } : { set: true, characters }),
        ...(problem === undefined ? {} : { problem }),
        origin: originForPrograms(origin),
      },
    ]),
  )

const originForPrograms = (origin: LoadedSettings.Origin | undefined) => {
  switch (origin?._tag) {
    case undefined:
      return { from: "default" }
    case "Flag":
      return { from: "flag", flag: origin.flag }
    case "Environment":
      return { from: "environment", variable: origin.variable }
    case "File":
      return { from: `${origin.kind} file`, path: origin.path, line: origin.line }
  }
}
