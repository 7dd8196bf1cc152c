/** The database of a backfill: a file, or PostgreSQL, whose password comes from a place of its own. */
import { dirname, join, resolve } from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { Backfill, Database, MeetingsTable } from "@effect-feishu/backfill"
import { FeishuError } from "@effect-feishu/core"
import * as DecodedText from "@effect-feishu/terminal/DecodedText"
import * as HomePath from "@effect-feishu/terminal/HomePath"
import * as InputFile from "@effect-feishu/terminal/InputFile"
import * as KnownSecrets from "../../console/KnownSecrets.ts"
import * as Language from "../../language/Language.ts"
import * as LoadedSettings from "../../settings/LoadedSettings.ts"
import * as Setting from "../../settings/Setting.ts"
import * as WorkingFolder from "../../settings/WorkingFolder.ts"

/** Where a database is. */
export interface Found {
  /** The name of the file, or the address of PostgreSQL without a password. */
  readonly address: string
  readonly password: Redacted.Redacted | undefined
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
    // As with other files, a relative name in a settings file starts at the folder of that file.
    const folder = found.origin._tag === "File" ? dirname(found.origin.path) : "."
    return { address: resolve(folder, path), password: undefined } satisfies Found
  }
  const own = Setting.passwordIn(found.text)
  url.password = ""
  url.searchParams.delete("password")
  const password =
    own ??
    (yield* ofSettings(settings)) ??
    (process.env["PGPASSWORD"] || undefined) ??
    (yield* fromPasswordFile(url.href, say))
  // A password that is also a word of the address cannot be hidden, and "postgres" is a frequent one.
  if (password !== undefined && !url.href.includes(password)) KnownSecrets.remember(password)
  return {
    address: url.href,
    password: password === undefined ? undefined : Redacted.make(password, { label: "database password" }),
  } satisfies Found
})

const ofSettings = (settings: LoadedSettings.Settings) =>
  Effect.map(
    LoadedSettings.secret(settings, "db-password"),
    (password) => password && Redacted.value(password),
  )

const mostBytes = 1024 * 1024

/** Returns where PostgreSQL's own programs look for passwords. */
export const passwordFile = (
  environment: Readonly<Record<string, string | undefined>> = process.env,
  platform: NodeJS.Platform = process.platform,
): string =>
  environment["PGPASSFILE"] ||
  (platform === "win32" && environment["APPDATA"]
    ? join(environment["APPDATA"], "postgresql", "pgpass.conf")
    : HomePath.expand("~/.pgpass"))

/** Returns the password that PostgreSQL's password file has for an address. */
const fromPasswordFile = Effect.fnUntraced(function* (address: string, say: Language.Say<typeof words>) {
  const parsed = yield* Database.parse(address)
  const path = passwordFile()
  const read = yield* Effect.option(InputFile.readFound(path, mostBytes))
  if (parsed._tag === "File" || read._tag === "None") return undefined
  const { bytes, info } = read.value
  // As PostgreSQL's own programs do.
  if (process.platform !== "win32" && (info.mode & 0o077) !== 0) {
    yield* Effect.logWarning(say.pgpass(path, (info.mode & 0o777).toString(8)))
    return undefined
  }
  const password = Database.passwordIn(DecodedText.decode(bytes), parsed)
  return password && Redacted.value(password)
})

/** The service of a backfill in a database. Only a plan makes the file. */
export const layer = ({ address, password }: Found, create = false) =>
  Layer.mergeAll(Backfill.layer, MeetingsTable.layer).pipe(
    Layer.provideMerge(Database.layer(address, { password, create })),
  )
