/**
 * The configuration files: the user's own, and the project's. The latter comes with somebody's repository, so it may
 * set only what cannot do harm; the former may hold a secret, if nobody else can read it.
 */
import { lstatSync, type Stats } from "node:fs"
import { dirname, isAbsolute, join } from "node:path"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Result from "effect/Result"
import { Secret } from "@effect-feishu/core"
import * as HomePath from "@effect-feishu/terminal/HomePath"
import * as InputFile from "@effect-feishu/terminal/InputFile"
import * as Links from "@effect-feishu/terminal/Links"
import * as SystemCode from "@effect-feishu/terminal/SystemCode"
import { shortened } from "@effect-feishu/terminal/Shortened"
import * as DecodedText from "@effect-feishu/terminal/DecodedText"
import type { Words } from "../language/Language.ts"
import * as Owner from "../output/Owner.ts"
import * as KnownSecrets from "../console/KnownSecrets.ts"
import * as Setting from "./Setting.ts"
import * as SystemError from "../language/SystemError.ts"
import * as WorkingFolder from "./WorkingFolder.ts"

/** The kind of a file: the project's or the user's. */
export type Kind = "project" | "user"

/** A value in a file. */
export interface Entry {
  readonly kind: Kind
  readonly path: string
  readonly line: number
  readonly name: Setting.Name
  /** The app that it is of, where the file has several. */
  readonly app: string | undefined
  readonly text: string
}

/** A mistake in a file. */
export interface Problem {
  readonly kind: Kind
  readonly path: string
  readonly line: number | undefined
  readonly what: Words<string>
}

/** A file that was searched for. */
export interface Searched {
  readonly kind: Kind
  readonly path: string
  readonly there: boolean
}

/** The content of the files. Their problems are reported by the first command that needs settings: help needs none. */
export class ConfigFiles extends Context.Service<
  ConfigFiles,
  {
    readonly entries: ReadonlyArray<Entry>
    readonly problems: ReadonlyArray<Problem>
    readonly searched: ReadonlyArray<Searched>
  }
>()("@effect-feishu/cli/ConfigFiles") {}

/** The name of a project's file. */
export const projectName = ".feishu-meetings.yaml"

/** Returns where the user's file is. */
export const userPath = (): string => {
  const base = process.env["XDG_CONFIG_HOME"]
  // A relative path is ignored, as the specification says.
  const folder = base !== undefined && isAbsolute(base) ? base : join(HomePath.home(), ".config")
  return join(folder, "feishu-meetings", "config.yaml")
}

/** Returns where a project's file may be: in this folder or above, up to the root of the repository or the home folder. */
const projectPaths = Effect.fnUntraced(function* () {
  const files = yield* FileSystem.FileSystem
  const paths: Array<string> = []
  const start = WorkingFolder.current()
  if (start === undefined) return paths
  for (let folder = start; ; folder = dirname(folder)) {
    paths.push(join(folder, projectName))
    const isRepository = yield* Effect.orElseSucceed(files.exists(join(folder, ".git")), () => false)
    if (isRepository || folder === HomePath.home() || folder === dirname(folder)) return paths
  }
})

/** Finds and reads the files. */
export const read = Effect.gen(function* () {
  const found: Array<Found> = []
  const paths = yield* projectPaths()
  for (const path of paths) {
    const project = yield* readOne("project", path)
    if (project.searched.there) {
      found.push(project)
      break
    }
  }
  if (found.length === 0) {
    const searched: Searched = { kind: "project", path: paths[0] ?? projectName, there: false }
    found.push({ searched, entries: [], problems: [] })
  }
  found.push(yield* readOne("user", userPath()))
  return ConfigFiles.of({
    entries: found.flatMap(({ entries }) => entries),
    problems: found.flatMap(({ problems }) => problems),
    searched: found.map(({ searched }) => searched),
  })
})

interface Found {
  readonly searched: Searched
  readonly entries: ReadonlyArray<Entry>
  readonly problems: ReadonlyArray<Problem>
}

/** The most bytes of a file: all settings take a few hundred bytes, and with their explanations a few thousand. */
const mostBytes = 64 * 1024

const readOne = Effect.fnUntraced(function* (kind: Kind, path: string): Effect.fn.Return<Found> {
  const place = kindOf(path)
  if (place === "nothing") return { searched: { kind, path, there: false }, entries: [], problems: [] }
  if (place === "link of another user") return unusable(kind, path, ofAnotherUser)
  const read = yield* Effect.result(InputFile.readFound(path, mostBytes))
  if (Result.isFailure(read)) return unusable(kind, path, notRead(read.failure))
  const { bytes, info } = read.success
  if (!Owner.isTrusted(info.uid)) return unusable(kind, path, ofAnotherUser)
  // Loaded only here: most runs have no file.
  const { parse } = yield* Effect.promise(() => import("./ConfigYaml.ts"))
  return {
    searched: { kind, path, there: true },
    ...checked(kind, path, info, parse(DecodedText.decode(bytes))),
  }
})

/** Checks what a name leads to without opening it: in a folder such as `/tmp`, anybody may have put anything there. */
const kindOf = (path: string): "nothing" | "link of another user" | "something" => {
  try {
    lstatSync(path)
  } catch (error) {
    // Some folders above cannot be read, such as the home of another user; some homes are not a folder, such as /dev/null.
    const nothing = ["ENOENT", "ENOTDIR", "EACCES", "ENAMETOOLONG"]
    return nothing.includes(SystemCode.orMessage(error)) ? "nothing" : "something"
  }
  return Links.chain(path).some(isLinkOfAnother) ? "link of another user" : "something"
}

const isLinkOfAnother = (name: string): boolean => {
  try {
    const info = lstatSync(name)
    return info.isSymbolicLink() && !Owner.isTrusted(info.uid)
  } catch {
    return false
  }
}

const ofAnotherUser: Words<string> = {
  en: "belongs to another user; take it over, remove it, or work in another folder",
  zh: "属于其他用户；请改为自己的文件、将其删除，或换一个工作文件夹",
}

const notRead = (unread: InputFile.Unread): Words<string> =>
  unread._tag === "System" && unread.code === "ENOENT"
    ? { en: "is a link to a file that does not exist", zh: "是符号链接，而它指向的文件不存在" }
    : {
        en: `cannot be read (${SystemError.unreadInWords(unread, "en")})`,
        zh: `无法读取（${SystemError.unreadInWords(unread, "zh")}）`,
      }

const unusable = (kind: Kind, path: string, what: Words<string>): Found => ({
  searched: { kind, path, there: true },
  entries: [],
  problems: [{ kind, path, line: undefined, what }],
})

/** The content of a file, before it is checked. */
export interface Parsed {
  readonly pairs: ReadonlyArray<{
    /** The key; of one in a map for an app, `apps/cli_a1b2c3/app_secret`. */
    readonly key: string
    /** Absent where it is not a text or a number. */
    readonly text: string | undefined
    readonly line: number
  }>
  readonly faults: ReadonlyArray<{ readonly line: number | undefined; readonly what: Words<string> }>
}

const checked = (
  kind: Kind,
  path: string,
  info: Stats,
  { faults, pairs }: Parsed,
): Pick<Found, "entries" | "problems"> => {
  const problems: Array<Problem> = faults.map((fault) => ({ kind, path, ...fault }))
  const entries: Array<Entry> = []
  for (const { key: typed, line, text: written } of pairs) {
    const [, app, ofApp] = /^apps\/([^/]*)\/(.*)$/s.exec(typed) ?? []
    const [key, known] = ofApp === undefined ? [typed, Setting.all] : [ofApp, Setting.ofApp]
    const setting = known.find((setting) => Setting.keyOf(setting) === key)
    const secret = setting && written !== undefined ? Setting.secretIn(setting, written) : undefined
    if (secret !== undefined) KnownSecrets.remember(secret)
    const text = setting === undefined || written === undefined ? written : Setting.read(setting, written)
    const what =
      setting !== undefined
        ? ((app === undefined ? undefined : problemOfApp(app)) ??
          problemOf({ kind, path, info }, setting, text))
        : /^apps(?:\/|$)/.test(typed) && ofApp === undefined
          ? // A file may say that it has none.
            written === "" && typed === "apps"
            ? undefined
            : appsForm
          : unknown(key, known)
    if (what !== undefined) problems.push({ kind, path, line, what })
    else if (setting !== undefined && text !== undefined && text !== "") {
      entries.push({ kind, path, line, name: setting.name, app, text })
    }
  }
  return { entries, problems }
}

const appsForm: Words<string> = {
  en: "apps takes a map for each app, such as cli_a1b2c3: { app_secret_file: /run/secrets/a1b2c3 }",
  zh: "apps 下每个应用写一个映射，例如 cli_a1b2c3: { app_secret_file: /run/secrets/a1b2c3 }",
}

/** The id is not shown: it may be a secret by mistake. */
const problemOfApp = (app: string): Words<string> | undefined =>
  Secret.unfitAppId(app) === undefined
    ? undefined
    : {
        en: "apps has a key that is not an app id, such as cli_a1b2c3",
        zh: "apps 下有一个键不是 App ID（形如 cli_a1b2c3）",
      }

const unknown = (typed: string, settings: ReadonlyArray<Setting.Setting>): Words<string> => {
  const key = shortened(KnownSecrets.withoutSecrets(typed), 80)
  const keys = [...settings.map(Setting.keyOf), ...(settings === Setting.all ? ["apps"] : [])]
  const plain = key.toLowerCase().replaceAll("-", "_")
  const meant = keys.find(
    (known) => known === plain || known.replaceAll("_", "") === plain.replaceAll("_", ""),
  )
  return {
    en: `there is no setting ${JSON.stringify(key)}; ${meant === undefined ? `known are ${keys.join(", ")}` : `write ${meant}`}`,
    zh: `没有名为 ${JSON.stringify(key)} 的配置项；${meant === undefined ? `可用的有 ${keys.join("、")}` : `请写作 ${meant}`}`,
  }
}

const problemOf = (
  { info, kind, path }: { readonly kind: Kind; readonly path: string; readonly info: Stats },
  setting: Setting.Setting,
  text: string | undefined,
): Words<string> | undefined => {
  const key = Setting.keyOf(setting)
  const named = ({ en, zh }: Words<string>): Words<string> => ({ en: `${key} ${en}`, zh: `${key} ${zh}` })
  if (kind === "project" && setting.inProject === "never") {
    return named({
      en: "is not allowed in a project's file, which others write and read: put it into the user's file or the environment",
      zh: "不能写在项目文件中（他人可读写）：请写入用户文件或环境变量",
    })
  }
  if (text === undefined) return named({ en: "takes a text or a number", zh: "只能是文本或数字" })
  if (text === "") return undefined
  const problem = setting.problem(text)
  if (problem !== undefined) return named(problem)
  if (kind === "project" && setting.inProject === "known hosts" && !isHarmless(setting, text)) {
    return named({
      en: "names a host that is not allowed in a project's file, since your secret would go there: put it into the user's file, the environment or a flag if you trust it",
      zh: "指向项目文件不得指定的主机（您的密钥会发往那里）：如果信任它，请写入用户文件、环境变量或用选项给出",
    })
  }
  const isSecret =
    setting.holds === "secret" || (setting.holds === "database" && Setting.passwordIn(text) !== undefined)
  if (isSecret && process.platform !== "win32" && (info.mode & 0o077) !== 0) {
    return named({
      en: `is a secret, and others may read this file (mode ${(info.mode & 0o777).toString(8)}): chmod 600 ${path}`,
      zh: `是密钥，而其他用户可以读取此文件（权限 ${(info.mode & 0o777).toString(8)}）：请执行 chmod 600 ${path}`,
    })
  }
  return undefined
}

/** True when an address is of a known host and holds no password. */
const isHarmless = (setting: Setting.Setting, text: string): boolean => {
  // Nothing is sent to a proxy that cannot be used.
  const address = Setting.isProxy(setting) ? Setting.proxyAddress(text) : new URL(text)
  return (
    !(address instanceof URL) ||
    (Setting.isKnownHost(address.href) && address.password === "" && address.username === "")
  )
}
