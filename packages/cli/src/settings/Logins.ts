/**
 * The logins of this user: one file each, in a folder that nobody else may read. The name of a file has the app and the account in
 * it, and no secret; `UserTokenFile` writes it, and locks it against other processes.
 */
import { createHash } from "node:crypto"
import { accessSync, constants, existsSync, readdirSync } from "node:fs"
import { basename, dirname, isAbsolute, join } from "node:path"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { FeishuError, type UserTokenStore } from "@effect-feishu/core"
import * as HomePath from "@effect-feishu/terminal/HomePath"
import * as SystemCode from "@effect-feishu/terminal/SystemCode"
import * as KnownSecrets from "../console/KnownSecrets.ts"
import * as Language from "../language/Language.ts"
import * as SystemError from "../language/SystemError.ts"

/** A login, and the file that it is in. */
export interface Login extends UserTokenStore.UserTokens {
  readonly path: string
}

const words = Language.words({
  en: {
    unwritable: (path: string, reason: string) => [
      `${path}, where logins are kept, cannot be written to (${reason})`,
      "Set XDG_STATE_HOME to a folder that you may write to.",
    ],
    unreadable: (path: string, reason: string) => [
      `${path} cannot be read (${reason})`,
      "Give it back to the user that runs this command, or set XDG_STATE_HOME to another folder.",
    ],
  },
  zh: {
    unwritable: (path, reason) => [
      `存放登录的 ${path} 无法写入（${reason}）`,
      "请将 XDG_STATE_HOME 设为可写的文件夹。",
    ],
    unreadable: (path, reason) => [
      `无法读取 ${path}（${reason}）`,
      "请将其归还给运行本命令的用户，或将 XDG_STATE_HOME 设为其他文件夹。",
    ],
  },
})

/** Returns the folder of the logins: that of the system for what programs keep, or the one that `XDG_STATE_HOME` names. */
export const folder = (
  environment: Readonly<Record<string, string | undefined>> = process.env,
  platform: NodeJS.Platform = process.platform,
): string => {
  const usual = { darwin: ["Library", "Application Support"], win32: ["AppData", "Local"] } as const
  const base = [
    environment["XDG_STATE_HOME"],
    ...(platform === "win32" ? [environment["LOCALAPPDATA"]] : []),
    join(
      HomePath.home(),
      ...(platform === "darwin" || platform === "win32" ? usual[platform] : [".local", "state"]),
    ),
    // A relative path is ignored, as the specification says.
  ].find((path) => path !== undefined && isAbsolute(path))
  return join(base ?? "/", "feishu-meetings", "logins")
}

/** Returns the file of a login. One app may have accounts on several servers, as on a mock. */
export const pathOf = ({
  account: { openId },
  appId,
  baseUrl,
}: Pick<Login, "appId" | "baseUrl" | "account">): string => {
  const hash = createHash("sha256").update([baseUrl, appId, openId].join("\n")).digest("hex").slice(0, 8)
  // A server may send any text as an id.
  const names = [appId, openId].filter((id) => /^\w[\w-]{0,79}$/.test(id))
  return join(folder(), `${[...names, hash].join(".")}.json`)
}

/** True when a file may be that of a login of an app, by its name. */
export const mayBeOf = (path: string, appId: string): boolean => basename(path).startsWith(`${appId}.`)

/** Refuses a folder that cannot be written to, or made: before anybody signs in. */
export const checkFolder = Effect.gen(function* () {
  const language = yield* Language.CurrentLanguage
  yield* Effect.try({
    try: () => {
      let path = folder()
      while (!existsSync(path) && path !== dirname(path)) path = dirname(path)
      // A file in the place of a folder cannot be entered.
      accessSync(`${path}/.`, constants.W_OK)
    },
    catch: (error) =>
      FeishuError.invalidRequest(
        "login",
        ...words[language].unwritable(folder(), SystemError.inWords(SystemCode.orMessage(error), language)),
      ),
  })
})

/** Returns the store of a login. */
export const storeOf = (path: string): Effect.Effect<UserTokenStore.UserTokenStore> =>
  // Loaded only here: most runs read with the app.
  Effect.promise(async () => (await import("@effect-feishu/core/UserTokenFile")).make(path))

/** Stores a login in the place of an earlier one of the same account, and returns its file. */
export const store = Effect.fnUntraced(function* (tokens: UserTokenStore.UserTokens) {
  const path = pathOf(tokens)
  const { locked } = yield* storeOf(path)
  yield* locked((_, replace) => replace(tokens))
  return path
}, Effect.uninterruptible)

/** Removes a login, once no other process is about to replace its tokens. */
export const remove = Effect.fnUntraced(function* ({ path }: Login) {
  const { locked } = yield* storeOf(path)
  yield* locked((_, replace) => replace(undefined))
}, Effect.uninterruptible)

/** The logins that there are, and the files that cannot be read. */
export interface Found {
  readonly logins: ReadonlyArray<Login>
  readonly unreadable: ReadonlyArray<{ readonly path: string; readonly error: FeishuError.FeishuError }>
}

/** Reads all logins, by the names of their apps and files. */
export const all: Effect.Effect<Found, FeishuError.FeishuError> = Effect.gen(function* () {
  const paths = yield* files
  const logins: Array<Login> = []
  const unreadable: Array<Found["unreadable"][number]> = []
  for (const path of paths) {
    const { read } = yield* storeOf(path)
    const stored = yield* Effect.result(read)
    if (Result.isFailure(stored)) unreadable.push({ path, error: stored.failure })
    else if (stored.success !== undefined) {
      remember(stored.success)
      logins.push({ ...stored.success, path })
    }
  }
  return { logins, unreadable }
})

const files = Effect.gen(function* () {
  const language = yield* Language.CurrentLanguage
  return yield* Effect.try({
    try: () =>
      readdirSync(folder())
        .filter((name) => name.endsWith(".json"))
        .toSorted()
        .map((name) => join(folder(), name)),
    catch: (error) => SystemCode.orMessage(error),
  }).pipe(
    Effect.catchIf(
      (code) => code === "ENOENT" || code === "ENOTDIR",
      () => Effect.succeed([] as ReadonlyArray<string>),
    ),
    Effect.mapError((code) => {
      const reason = SystemError.inWords(code, language)
      return FeishuError.invalidRequest("login", ...words[language].unreadable(folder(), reason))
    }),
  )
})

/** Remembers the tokens, so that no output shows them. */
export const remember = ({ accessToken, refreshToken }: UserTokenStore.UserTokens): void => {
  KnownSecrets.remember(Redacted.value(accessToken))
  if (refreshToken !== undefined) KnownSecrets.remember(Redacted.value(refreshToken))
}

/** True when a text names an account: by its `open_id`, or by its name. */
export const isNamed = ({ enName, name, openId }: UserTokenStore.Account, text: string): boolean =>
  [openId, name, enName].some((one) => one !== undefined && one.normalize() === text.trim().normalize())

/** Unix milliseconds of the day on which the user has to sign in again, whatever was refreshed (documented). */
export const yearEndsAt = ({ signedInAt }: Pick<Login, "signedInAt">): number => signedInAt + 365 * 86_400_000

/** Unix milliseconds until which a login lasts without being used: to the end of its refresh token, or of its only token. */
export const lastsUntil = (login: UserTokenStore.UserTokens): number =>
  Math.min(
    yearEndsAt(login),
    login.refreshToken === undefined
      ? login.accessTokenEndsAt
      : // Feishu has always said it; without it, the example of its documents (7 days), from when the pair was given.
        (login.refreshTokenEndsAt ?? login.accessTokenEndsAt - 7_200_000 + 604_800_000),
  )
