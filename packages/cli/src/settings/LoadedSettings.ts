/**
 * The settings of a run: each value, and where it comes from. A flag overrides the environment, which overrides the
 * project's file, which overrides the user's; what is not set has its default.
 */
import { dirname, resolve } from "node:path"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { FeishuConfig, FeishuError, GetMeeting, ListByNo, Secret, Sentence } from "@effect-feishu/core"
import * as HomePath from "@effect-feishu/terminal/HomePath"
import * as InputFile from "@effect-feishu/terminal/InputFile"
import { firstOf, shortened } from "@effect-feishu/terminal/Shortened"
import { ConfigFiles, type Kind } from "./ConfigFiles.ts"
import * as DecodedText from "@effect-feishu/terminal/DecodedText"
import type * as Format from "../output/Format.ts"
import * as Language from "../language/Language.ts"
import * as KnownSecrets from "../console/KnownSecrets.ts"
import * as Setting from "./Setting.ts"
import { Stderr } from "../console/Stderr.ts"
import * as SystemError from "../language/SystemError.ts"
import * as WorkingFolder from "./WorkingFolder.ts"

/** The origin of a value. */
export type Origin =
  | { readonly _tag: "Flag"; readonly flag: string }
  | { readonly _tag: "Environment"; readonly variable: string }
  | { readonly _tag: "File"; readonly kind: Kind; readonly path: string; readonly line: number }

/** A value that was set. */
export interface Found {
  readonly text: string
  readonly origin: Origin
}

/** The flags of a command that are settings; further flags are ignored. */
export interface Flags {
  readonly baseUrl?: string | undefined
  readonly allowHttp?: boolean | undefined
  readonly brand?: string | undefined
  readonly appId?: string | undefined
  readonly appSecretFile?: string | undefined
  readonly appTicketFile?: string | undefined
  readonly accessTokenFile?: string | undefined
  readonly as?: string | undefined
  readonly account?: string | undefined
  readonly redirectPort?: number | undefined
  readonly db?: string | undefined
  readonly dbPasswordFile?: string | undefined
  readonly listen?: string | undefined
  readonly rateLimit?: number | undefined
  readonly detailsRateLimit?: number | undefined
  readonly format?: string | undefined
  readonly pageSize?: number | undefined
  readonly concurrency?: number | undefined
  readonly lang?: string | undefined
}

/** Values by the names of their settings. */
export type Values = ReadonlyMap<Setting.Name, Found>

/** The settings of a run. */
export interface Settings {
  /** The values that were set. */
  readonly found: Values
  /** The values that were set for one of several apps, by its id in small letters. */
  readonly apps: ReadonlyMap<string, { readonly appId: string; readonly found: Values }>
  readonly format: Format.Name | undefined
  readonly pageSize: number | undefined
  readonly concurrency: number | undefined
  /** Requests per minute for lists of meetings. */
  readonly rateLimit: number
  /** Requests per minute for details, and as many for recordings. */
  readonly detailsRateLimit: number
}

const words = Language.words({
  en: {
    flag: (flag: string) => `flag ${flag}`,
    environment: (variable: string) => `environment ${variable}`,
    file: (kind: Kind, path: string, line: number) => `${kind} file ${path} line ${line}`,
    unset: "default",
    doubled: (first: string, second: string) => `both ${first} and ${second} are set`,
    contrary: (first: string, second: string) =>
      `${first} and ${second} contradict each other: only one of them can say who reads`,
    several: (number: number, first: string) => `${number} problems; the first: ${first}`,
    plainHttp: (host: string) =>
      `plain http to ${host}, where anyone on the way could read the app secret and the token; --allow-http or FEISHU_ALLOW_HTTP=true permits it`,
    more: (left: number) => `and ${left} more`,
    correct: "Correct it, or remove it.",
    correctThem: "Correct them, or remove them.",
    cannotRead: (path: string, code: string) => `${path} cannot be read (${code})`,
    maybeSecret: "there is no such file; its name is not shown, since it looks like the secret itself",
    stdin: "standard input",
    stdinTwice: "standard input can be read only once, but both the numbers and a secret would come from it",
    giveAFile: "Name a file for one of them.",
    empty: (path: string) => `${path} is empty`,
    lines: (path: string, lines: number) => `${path} has ${lines} lines, but a secret is one line`,
    nameAnother: "Name a file that holds the secret and nothing else.",
    copy: {
      "app-secret": "Copy the app secret again from the app's page in the developer console.",
      "access-token": "Give the access token alone, such as t-… or u-…, as Feishu gave it.",
      "app-ticket": "Give the app_ticket of the newest event alone, as Feishu pushed it.",
      "db-password": "Give the password alone.",
    },
    terminal: "standard input is a terminal, which would show the secret",
    pipeIt: "Pipe the secret in, or name a file.",
  },
  zh: {
    flag: (flag) => `选项 ${flag}`,
    environment: (variable) => `环境变量 ${variable}`,
    file: (kind, path, line) => `${kind === "project" ? "项目" : "用户"}文件 ${path} 第 ${line} 行`,
    unset: "默认值",
    doubled: (first, second) => `同时设置了${first}和${second}`,
    contrary: (first, second) => `${first} 与 ${second} 相互矛盾：只能由其中一个决定以谁的身份读取`,
    several: (number, first) => `有 ${number} 处错误，第一处：${first}`,
    plainHttp: (host) =>
      `以明文 http 访问 ${host}，途中任何人都能读到 App Secret 与访问凭证；--allow-http 或 FEISHU_ALLOW_HTTP=true 可允许`,
    more: (left) => `另有 ${left} 处`,
    correct: "请改正或删除。",
    correctThem: "请逐一改正或删除。",
    cannotRead: (path, code) => `无法读取 ${path}（${code}）`,
    maybeSecret: "没有这个文件；它的名称像是密钥本身，因此不再显示",
    stdin: "标准输入",
    stdinTwice: "标准输入只能读取一次，却要同时提供会议号和密钥",
    giveAFile: "请用文件给出其中一项。",
    empty: (path) => `${path} 是空的`,
    lines: (path, lines) => `${path} 有 ${lines} 行，而密钥只有一行`,
    nameAnother: "请指定只含密钥的文件。",
    copy: {
      "app-secret": "请从开发者后台的应用页面重新复制 App Secret。",
      "access-token": "请只给出飞书返回的访问凭证本身，形如 t-… 或 u-…。",
      "app-ticket": "请只给出飞书最近一次推送的 app_ticket 本身。",
      "db-password": "请只给出密码本身。",
    },
    terminal: "标准输入是终端，会把密钥显示出来",
    pipeIt: "请通过管道传入密钥，或指定文件。",
  },
})

/** Describes an origin; without one, says that it is the default. */
export const inWords = (origin: Origin | undefined, language: Language.Language): string => {
  const say = words[language]
  switch (origin?._tag) {
    case undefined:
      return say.unset
    case "Flag":
      return say.flag(origin.flag)
    case "Environment":
      return say.environment(origin.variable)
    case "File":
      return say.file(origin.kind, origin.path, origin.line)
  }
}

/**
 * Returns the file that a setting names. A leading `~/` is the home folder. In a settings file, a relative name starts at
 * the folder of that file, whatever folder the command is started in; elsewhere it starts at that folder.
 */
export const fileOf = ({ origin, text }: Found): string => {
  const path = HomePath.expand(text)
  return origin._tag !== "File" || path === "-" ? path : resolve(dirname(origin.path), path)
}

/** Returns the value of a setting as it may be shown; of a file, its whole path. */
export const shown = (setting: Setting.Setting, found: Found): string => {
  const text = Setting.shown(setting, found.text)
  const isFile = setting.holds === "file" || setting.holds === "secret file"
  return isFile && text === found.text ? fileOf(found) : text
}

/** A place that settings come from. */
interface Source {
  readonly at: (setting: Setting.Setting) => Effect.Effect<Found | undefined>
}

const fromFlags = (flags: Flags): Source => {
  const texts = new Map(
    Object.entries(flags).flatMap(([key, value]) =>
      typeof value === "string" || typeof value === "number" || value === true
        ? [[key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`), String(value)] as const]
        : [],
    ),
  )
  return {
    at: ({ hasFlag, name }) =>
      Effect.sync(() => {
        const text = hasFlag ? texts.get(name) : undefined
        if (text === undefined) return undefined
        const origin = { _tag: "Flag", flag: `--${name}` } as const
        // Only values that are copied from a page: for the others, the shell has already removed the quotes.
        return { text: name === "app-id" ? Secret.unwrapped(text) : text, origin }
      }),
  }
}

/** Variables of the environment; those of one of several apps end with its id, such as `FEISHU_APP_SECRET_cli_a1b2c3`. */
const fromEnvironment = (ending = ""): Source => ({
  at: Effect.fnUntraced(function* (setting) {
    const provider = yield* ConfigProvider.ConfigProvider
    for (const name of setting.variables) {
      const variable = name + ending
      const node = yield* Effect.orElseSucceed(provider.load([variable]), () => undefined)
      const text = node?._tag === "Value" ? Setting.read(setting, node.value) : ""
      // An empty variable counts as not set.
      if (text !== "") return { text, origin: { _tag: "Environment", variable } }
    }
    return undefined
  }),
})

/** The ids of the apps that a variable of the environment is of, as the variable has them. */
const appsInEnvironment = (): ReadonlyArray<string> =>
  Object.keys(process.env).flatMap((variable) => {
    const [, app] = /^FEISHU_APP_(?:SECRET|TICKET)(?:_FILE)?_(cli_\w+)$/i.exec(variable) ?? []
    return app ?? []
  })

/** Reads the values of each of several apps. */
const collectApps = Effect.fnUntraced(function* (
  files: ConfigFiles["Service"],
  language: Language.Language,
): Effect.fn.Return<{
  readonly apps: Settings["apps"]
  readonly problems: ReadonlyArray<string>
}> {
  const apps = new Map<string, { readonly appId: string; readonly found: Values }>()
  const problems: Array<string> = []
  const ids = [...files.entries.flatMap(({ app }) => app ?? []), ...appsInEnvironment()]
  for (const appId of ids) {
    const id = appId.toLowerCase()
    if (apps.has(id)) continue
    const endings = appsInEnvironment().filter((other) => other.toLowerCase() === id)
    const sources = [...endings.map((ending) => fromEnvironment(`_${ending}`)), fromFile("user", files, id)]
    const one = yield* collect(Setting.ofApp, sources, language)
    problems.push(...one.problems, ...dropWeaker(one.collected, language))
    apps.set(id, { appId: /[a-z]/.test(appId) ? appId : id, found: one.collected })
  }
  return { apps, problems }
})

const fromFile = (kind: Kind, files: ConfigFiles["Service"], app?: string): Source => ({
  at: ({ name }) =>
    Effect.sync(() => {
      const entry = files.entries.find(
        (entry) => entry.kind === kind && entry.name === name && entry.app?.toLowerCase() === app,
      )
      if (entry === undefined) return undefined
      const { line, path, text } = entry
      return { text, origin: { _tag: "File", kind, path, line } }
    }),
})

/** At most this many problems are listed. */
const mostListed = 20

/** A value, and the index of the source that gave it: the lower, the stronger. */
type Collected = Map<Setting.Name, Found & { readonly source: number }>

/** Reads all settings, and refuses those that are wrong, all at once. No secret is read from its file yet. */
export const load = Effect.fnUntraced(function* (flags: Flags = {}) {
  const language = yield* Language.CurrentLanguage
  const files = yield* ConfigFiles
  const { collected, problems } = yield* collect(
    Setting.all,
    [
      fromFlags({ ...flags, lang: yield* Language.Requested }),
      fromEnvironment(),
      fromFile("project", files),
      fromFile("user", files),
    ],
    language,
  )
  const ofApps = yield* collectApps(files, language)
  const wrong = [
    ...files.problems.map(
      ({ line, path, what }) => `${path}${line === undefined ? "" : `:${line}`}: ${what[language]}`,
    ),
    ...problems,
    ...dropWeaker(collected, language),
    ...ofApps.problems,
    ...plainHttpProblems(collected, language),
  ]
  if (wrong.length > 0) return yield* refuseAll(wrong)
  const number = (name: Setting.Name) => {
    const text = collected.get(name)?.text
    return text === undefined ? undefined : Number(text)
  }
  const settings: Settings = {
    found: collected,
    apps: ofApps.apps,
    // The value was checked above.
    format: collected.get("format")?.text as Format.Name | undefined,
    pageSize: number("page-size"),
    concurrency: number("concurrency"),
    rateLimit: number("rate-limit") ?? ListByNo.rateLimit,
    detailsRateLimit: number("details-rate-limit") ?? GetMeeting.rateLimits[0].requests,
  }
  return settings
})

/** Takes each setting from the strongest source that has it. */
const collect = Effect.fnUntraced(function* (
  settings: ReadonlyArray<Setting.Setting>,
  sources: ReadonlyArray<Source>,
  language: Language.Language,
) {
  const collected: Collected = new Map()
  const problems: Array<string> = []
  for (const setting of settings) {
    for (const [source, { at }] of sources.entries()) {
      const here = yield* at(setting)
      if (here === undefined) continue
      // The problems of files are reported already.
      const problem = here.origin._tag === "File" ? undefined : setting.problem(here.text)
      if (problem !== undefined) problems.push(`${nameOf(here.origin)}: ${problem[language]}`)
      const secret = Setting.secretIn(setting, here.text)
      if (secret !== undefined) KnownSecrets.remember(secret)
      collected.set(setting.name, { ...here, source })
      break
    }
  }
  return { collected, problems }
})

/** If credentials exclude each other, keeps those of the stronger source; returns the problems of the rest. */
const dropWeaker = (collected: Collected, language: Language.Language): ReadonlyArray<string> => {
  const problems: Array<string> = []
  // A secret, and the file that holds it.
  for (const [secret, file] of secrets) {
    const [one, other] = [collected.get(secret), collected.get(file)]
    if (one === undefined || other === undefined) continue
    if (one.source === other.source) {
      problems.push(words[language].doubled(nameOf(one.origin), nameOf(other.origin)))
    }
    collected.delete(one.source < other.source ? file : secret)
  }
  problems.push(...dropContrary(collected, language))
  // A token and an app: if both are from the same source, the token is used, as in core.
  const [token, app] = secrets.map((names) => names.find((name) => collected.has(name)))
  if (token !== undefined && app !== undefined) {
    collected.delete(collected.get(token)!.source <= collected.get(app)!.source ? app : token)
  }
  return problems
}

/**
 * Of what says who reads, keeps what the stronger source says, and of one source what says it outright. Returns the problems of a
 * command line that says two things: what is typed there is never ignored.
 */
const dropContrary = (collected: Collected, language: Language.Language): ReadonlyArray<string> => {
  const problems: Array<string> = []
  const settle = (names: ReadonlyArray<Setting.Name>, others: ReadonlyArray<Setting.Name>): void => {
    const [one, other] = [names, others].map((some) =>
      some.flatMap((name) => collected.get(name) ?? []).toSorted((a, b) => a.source - b.source),
    )
    const [a, b] = [one?.[0], other?.[0]]
    if (a === undefined || b === undefined) return
    if (a.origin._tag === "Flag" && b.origin._tag === "Flag")
      problems.push(words[language].contrary(a.origin.flag, b.origin.flag))
    for (const name of a.source <= b.source ? others : names) collected.delete(name)
  }
  const token = ["access-token", "access-token-file"] as const
  if (collected.get("as")?.text.toLowerCase() === "app") settle(["as"], ["account"])
  // Whoever names an account means to read as that account.
  settle(["as", "account"], token)
  return problems
}

/** Returns a problem for each address that secrets would go to unencrypted, unless that is permitted. */
const plainHttpProblems = (found: Settings["found"], language: Language.Language): ReadonlyArray<string> =>
  allowsHttp(found)
    ? []
    : (["base-url", "oauth-base-url"] as const).flatMap((name) => {
        const address = found.get(name)
        const host = address && Setting.plainHttpHost(address.text)
        return host === undefined ? [] : [`${nameOf(address!.origin)}: ${words[language].plainHttp(host)}`]
      })

/** Refuses all problems. Several are printed in a line each. */
const refuseAll = Effect.fnUntraced(function* (problems: ReadonlyArray<string>) {
  const say = yield* Language.say(words)
  const [first = ""] = problems
  if (problems.length === 1) return yield* refuse("config", first, say.correct)
  const stderr = yield* Stderr
  yield* Effect.forEach(
    firstOf(problems, mostListed, say.more),
    (problem) => stderr.line(shortened(KnownSecrets.withoutSecrets(problem), 500)),
    { discard: true },
  )
  return yield* refuse("config", say.several(problems.length, first), say.correctThem)
})

const allowsHttp = (found: Settings["found"]): boolean =>
  Setting.truth(found.get("allow-http")?.text ?? "") === true

/** Returns the hosts to which secrets go unencrypted, since that is permitted. */
export const plainHttpHosts = ({ found }: Settings): ReadonlyArray<string> => [
  ...new Set(
    (["base-url", "oauth-base-url"] as const).flatMap(
      (name) => Setting.plainHttpHost(found.get(name)?.text ?? "") ?? [],
    ),
  ),
]

const secrets = [
  ["access-token", "access-token-file"],
  ["app-secret", "app-secret-file"],
  ["app-ticket", "app-ticket-file"],
  ["db-password", "db-password-file"],
] as const

/** The kind of a secret. */
export type SecretKind = (typeof secrets)[number][0]

/** Returns the place of a value as its user wrote it. */
export const nameOf = (origin: Origin): string =>
  origin._tag === "Flag"
    ? origin.flag
    : origin._tag === "Environment"
      ? origin.variable
      : `${origin.path}:${origin.line}`

const refuse = (field: string, problem: Sentence.Given, remedy: string) =>
  FeishuError.invalidRequest(field, problem, remedy)

/** Refuses a secret from standard input where the numbers come from there. */
export const checkStdin = Effect.fnUntraced(function* (settings: Settings) {
  const say = yield* Language.say(words)
  const takesIt = secrets.some(([, file]) => {
    const found = settings.found.get(file)
    return found !== undefined && InputFile.isStdin(fileOf(found))
  })
  if (takesIt) {
    return yield* refuse("stdin", say.stdinTwice, say.giveAFile)
  }
})

/** Returns the addresses of Feishu as they are set. */
export const addressOptions = ({ found }: Settings): FeishuConfig.Options => ({
  brand: found.get("brand")?.text.toLowerCase() === "lark" ? "lark" : "feishu",
  baseUrl: found.get("base-url")?.text,
  oauthBaseUrl: found.get("oauth-base-url")?.text,
  allowHttp: allowsHttp(found),
})

/** Returns the addresses of Feishu. */
export const addresses = (settings: Settings) => FeishuConfig.make(addressOptions(settings))

/** Returns the app that reads, if it is known: a token does not name its app. */
export const app = (settings: Settings): string | undefined =>
  hasToken(settings) ? undefined : settings.found.get("app-id")?.text

/** True when a user is to read: whoever names an account means that. */
export const isUser = ({ found }: Pick<Settings, "found">): boolean =>
  found.has("account") || found.get("as")?.text.toLowerCase() === "user"

/** True when an access token is given: then an app is not used. */
export const hasToken = ({ found }: Settings): boolean =>
  found.has("access-token") || found.has("access-token-file")

/**
 * Returns the values that were set for an app: those of its own, and those without an app if the app is the one that the settings
 * name. Of both, a flag comes first, and then what is set for this app.
 */
export const valuesOf = ({ apps, found }: Settings, appId: string): Values => {
  const own = apps.get(appId.toLowerCase())?.found ?? new Map<Setting.Name, Found>()
  if (found.get("app-id")?.text !== appId) return own
  const values = new Map(own)
  for (const [secret, file] of secrets) {
    const [plain, ofOwn] = [found.get(secret) ?? found.get(file), own.get(secret) ?? own.get(file)]
    if (plain === undefined || (ofOwn !== undefined && plain.origin._tag !== "Flag")) continue
    values.delete(secret)
    values.delete(file)
    values.set(found.has(secret) ? secret : file, plain)
  }
  return values
}

/** Returns the secret of one kind, from whichever source has it; `undefined` if no source has one. */
export const secret = Effect.fnUntraced(function* (
  { found }: { readonly found: Values },
  kind: SecretKind,
): Effect.fn.Return<Redacted.Redacted<string> | undefined, FeishuError.FeishuError> {
  const given = found.get(kind)
  if (given !== undefined) return yield* checked(kind, nameOf(given.origin), given.text)
  const file = found.get(`${kind}-file`)
  if (file === undefined) return undefined
  const say = yield* Language.say(words)
  const path = fileOf(file)
  const name = InputFile.isStdin(path) ? say.stdin : path
  const text = (yield* readSecret(nameOf(file.origin), file)).trim()
  KnownSecrets.remember(text)
  if (text === "") return yield* refuse(nameOf(file.origin), say.empty(name), say.nameAnother)
  const lines = text.split(/\r\n|\n|\r/).length
  if (lines > 1) return yield* refuse(nameOf(file.origin), say.lines(name, lines), say.nameAnother)
  // Any text may be the password of a database.
  const inside = kind === "db-password" ? text : Secret.unwrapped(text)
  return yield* checked(kind, `${nameOf(file.origin)} ${name}`, inside)
})

/** Refuses a text that cannot be such a secret, before it is sent anywhere; names the place that it comes from. */
const checked = Effect.fnUntraced(function* (kind: SecretKind, place: string, text: string) {
  const problem = problemOf[kind](text)
  if (problem === undefined) return Redacted.make(text)
  const say = yield* Language.say(words)
  return yield* refuse(place, Sentence.make("secretUnfit", { problem }), say.copy[kind])
})

const problemOf: Readonly<Record<SecretKind, (text: string) => Sentence.SecretProblem | undefined>> = {
  "access-token": (text) => Secret.unfitSecret(Secret.accessToken(text), "AccessToken"),
  "app-secret": (text) => Secret.unfitSecret(Secret.appSecret(text), "AppSecret"),
  "app-ticket": (text) => Secret.unfitSecret(Secret.appTicket(text), "AppTicket"),
  "db-password": () => undefined,
}

/** The most bytes of a secret's file: a larger file is not a secret. */
const mostBytesOfSecret = 64 * 1024

const readSecret = Effect.fnUntraced(function* (field: string, found: Found) {
  const language = yield* Language.CurrentLanguage
  const say = words[language]
  const path = fileOf(found)
  const isStdin = InputFile.isStdin(path)
  if (isStdin && process.stdin.isTTY) return yield* refuse(field, say.terminal, say.pipeIt)
  if (!Setting.mayBeSecret(found.text)) yield* WorkingFolder.check(field, path)
  return yield* InputFile.readNamed(path, mostBytesOfSecret).pipe(
    Effect.map(DecodedText.decode),
    Effect.mapError((unread) =>
      Setting.mayBeSecret(found.text)
        ? refuse(field, say.maybeSecret, say.nameAnother)
        : refuse(
            field,
            say.cannotRead(isStdin ? say.stdin : path, SystemError.unreadInWords(unread, language)),
            say.nameAnother,
          ),
    ),
  )
})
