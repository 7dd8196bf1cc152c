/** Check `account`: who reads, and whether the login of an account lasts. Sends nothing. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Result from "effect/Result"
import { type FeishuError, UserTokenStore } from "@effect-feishu/core"
import * as OAuth from "@effect-feishu/contract/OAuth"
import { exitCodes } from "../../../failure/Fault.ts"
import type * as DetailsFlags from "../../../input/DetailsFlags.ts"
import * as Scopes from "../../../input/Scopes.ts"
import * as Language from "../../../language/Language.ts"
import { instant } from "../../../language/TimeZone.ts"
import * as Identity from "../../../settings/Identity.ts"
import * as Logins from "../../../settings/Logins.ts"
import * as Check from "../Check.ts"

const words = Language.words({
  en: {
    reads: (who: string, why: string) => `reads ${who} (${why})`,
    notUsed: (account: string) => `signed in, but not used: ${account}; --as user reads as this account`,
    scopes: (scopes: string) => `granted: ${scopes}`,
    missing: (scopes: string) =>
      `not granted, and needed for this read: ${scopes}; feishu-meetings login asks for them`,
    until: (time: string, year: string) =>
      `good until ${time}, and longer each time it is used; at the latest until ${year}`,
    shortLived: (time: string) => `good until ${time}: without offline_access it cannot be refreshed`,
    ended: (account: string, time: string) => `the login of ${account} has ended: ${time}`,
    again: "Sign in again: feishu-meetings login.",
    comma: ", ",
    or: " or ",
  },
  zh: {
    reads: (who, why) => `${who}读取（${why}）`,
    notUsed: (account) => `已登录但未使用：${account}；使用 --as user 即以该账号的身份读取`,
    scopes: (scopes) => `已授予：${scopes}`,
    missing: (scopes) => `本次读取需要但未授予：${scopes}；可用 feishu-meetings login 请求`,
    until: (time, year) => `有效期至 ${time}，每次使用都会延长；最迟至 ${year}`,
    shortLived: (time) => `有效期至 ${time}：没有 offline_access，无法刷新`,
    ended: (account, time) => `${account} 的登录已于 ${time} 到期`,
    again: "请重新登录：feishu-meetings login。",
    comma: "、",
    or: " 或 ",
  },
})

/** Reports who reads. Fails where it is not clear, and where a login has ended. */
export const checkAccount = Effect.fnUntraced(function* (
  found: Result.Result<Identity.Identity, FeishuError.FeishuError>,
  logins: ReadonlyArray<Logins.Login>,
  flags: DetailsFlags.Given,
) {
  const language = yield* Language.CurrentLanguage
  const say = words[language]
  const identity = yield* Effect.fromResult(found)
  const detail = say.reads(...Identity.inWords(identity, language))
  if (identity._tag !== "Account") {
    const passed: Check.Passed = {
      detail,
      lines: logins.map(({ account }) => say.notUsed(UserTokenStore.inWords(account))),
      facts: { reads: Identity.forPrograms(identity) },
    }
    return [undefined, passed] as const
  }
  const { login } = identity
  const until = Logins.lastsUntil(login)
  const [time, year] = [instant(until / 1_000), instant(Logins.yearEndsAt(login) / 1_000)]
  if (until <= (yield* Clock.currentTimeMillis)) {
    return yield* new Check.CheckFailed({
      detail: say.ended(UserTokenStore.inWords(login.account), time),
      remedy: say.again,
      exitCode: exitCodes.tokenScopeOrApp,
      facts: { reads: Identity.forPrograms(identity) },
    })
  }
  const missing =
    login.scopes.length === 0
      ? []
      : [...Scopes.neededFor(flags), [OAuth.offlineAccess]].filter(
          (group) => !group.some((scope) => login.scopes.includes(scope)),
        )
  const passed: Check.Passed = {
    detail,
    lines: [
      ...(login.scopes.length === 0 ? [] : [say.scopes(login.scopes.join(say.comma))]),
      ...(missing.length === 0
        ? []
        : [say.missing(missing.map((group) => group.join(say.or)).join(say.comma))]),
      login.refreshToken === undefined ? say.shortLived(time) : say.until(time, year),
    ],
    facts: { reads: Identity.forPrograms(identity), scopes: login.scopes, missingScopes: missing },
  }
  return [undefined, passed] as const
})
