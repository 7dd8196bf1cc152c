/** The database of a backfill: a file, or PostgreSQL, whose password comes from a place of its own. */
import { dirname, resolve } from "node:path"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { FeishuError } from "@effect-feishu/core"
import * as DecodedText from "@effect-feishu/terminal/DecodedText"
import * as HomePath from "@effect-feishu/terminal/HomePath"
import * as InputFile from "@effect-feishu/terminal/InputFile"
import * as KnownSecrets from "../console/KnownSecrets.ts"
import * as Language from "../language/Language.ts"
import * as LoadedSettings from "./LoadedSettings.ts"
import * as Setting from "./Setting.ts"
import * as WorkingFolder from "./WorkingFolder.ts"

/** Where a database is. */
export interface DatabaseAddress {
  /** The name of the file, or the address of PostgreSQL without a password. */
  readonly address: string
  readonly isPostgres: boolean
  readonly password: Redacted.Redacted<string> | undefined
}

const words = Language.words({
  en: {
    none: ["no database is named", "Give --db backfill.sqlite, or --db postgres://USER@HOST/DATABASE."],
    pgpass: (path: string, mode: string) =>
      `${path} is not used, since others may read it (mode ${mode}): chmod 600 ${path}`,
  },
  zh: {
    none: ["没有指定数据库", "请给出 --db backfill.sqlite，或 --db postgres://用户@主机/数据库。"],
    pgpass: (path, mode) => `未使用 ${path}：其他用户可以读取它（权限 ${mode}），请执行 chmod 600 ${path}`,
  },
})

/** Returns the database that the settings name, with its password. */
export const find = Effect.fnUntraced(function* (settings: LoadedSettings.Settings) {
  const say = yield* Language.say(words)
  const found = settings.found.get("db")
  if (found === undefined) return yield* FeishuError.invalidRequest("--db", ...say.none)
  const url = Setting.postgresUrl(found.text)
  if (url === undefined) {
    const path = HomePath.expand(found.text)
    yield* WorkingFolder.check(LoadedSettings.nameOf(found.origin), path)
    const folder = found.origin._tag === "File" ? dirname(found.origin.path) : "."
    return {
      address: resolve(folder, path),
      isPostgres: false,
      password: undefined,
    } satisfies DatabaseAddress
  }
  const password =
    Setting.passwordIn(found.text) ??
    (yield* ofSettings(settings)) ??
    (process.env["PGPASSWORD"] || undefined) ??
    (yield* fromPasswordFile(url, say))
  url.password = ""
  url.searchParams.delete("password")
  // A password that is also a word of the address cannot be hidden, and "postgres" is a frequent one.
  if (password !== undefined && !url.href.includes(password)) KnownSecrets.remember(password)
  return {
    address: url.href,
    isPostgres: true,
    password: password === undefined ? undefined : Redacted.make(password, { label: "database password" }),
  } satisfies DatabaseAddress
})

const ofSettings = (settings: LoadedSettings.Settings) =>
  Effect.map(
    LoadedSettings.secret(settings, "db-password"),
    (password) => password && Redacted.value(password),
  )

const mostBytes = 1024 * 1024

/** Returns the password of the first line of PostgreSQL's password file that fits: `host:port:database:user:password`. */
const fromPasswordFile = Effect.fnUntraced(function* (url: URL, say: Language.Say<typeof words>) {
  const path = process.env["PGPASSFILE"] || HomePath.expand("~/.pgpass")
  const read = yield* Effect.option(InputFile.readFound(path, mostBytes))
  if (read._tag === "None") return undefined
  const { bytes, info } = read.value
  // As PostgreSQL's own programs do.
  if (process.platform !== "win32" && (info.mode & 0o077) !== 0) {
    yield* Effect.logWarning(say.pgpass(path, (info.mode & 0o777).toString(8)))
    return undefined
  }
  return passwordOf(DecodedText.decode(bytes), url)
})

/** Returns the password that such a file has for an address. */
export const passwordOf = (content: string, url: URL): string | undefined => {
  const of = (parameter: string, part: string): string =>
    url.searchParams.get(parameter) || Setting.decoded(part)
  const user = of("user", url.username) || process.env["USER"] || process.env["USERNAME"] || ""
  const host = of("host", url.hostname.replace(/^\[|\]$/g, ""))
  const wanted = [
    // So it is for a socket of this machine.
    host === "" || host.startsWith("/") ? "localhost" : host,
    of("port", url.port) || "5432",
    of("dbname", url.pathname.slice(1)) || user,
    user,
  ]
  for (const line of content.split(/\r?\n/)) {
    if (line.startsWith("#")) continue
    // A backslash takes the next character as it is.
    const cells = Array.from(line.matchAll(/((?:\\.|[^\\:])*)(?::|$)/g), ([, cell = ""]) => cell)
    if (cells.length < 5) continue
    const fits = wanted.every((text, at) => cells[at] === "*" || unescaped(cells[at]!) === text)
    if (fits) return unescaped(cells[4]!)
  }
  return undefined
}

const unescaped = (cell: string): string => cell.replaceAll(/\\(.)/g, "$1")
