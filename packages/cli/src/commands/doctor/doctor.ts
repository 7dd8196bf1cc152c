/**
 * The command `doctor`, run: the checks of everything that a read needs, from the inside to the outside, so that a
 * check that fails explains those that are skipped after it. A check is a file in `checks/`.
 */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { Stderr } from "../../console/Stderr.ts"
import * as Version from "../../console/Version.ts"
import { CommandEnded } from "../../failure/CommandEnded.ts"
import type * as ConnectionFlags from "../../input/ConnectionFlags.ts"
import * as DetailsFlags from "../../input/DetailsFlags.ts"
import * as MeetingNumbers from "../../input/MeetingNumbers.ts"
import * as Language from "../../language/Language.ts"
import * as Identity from "../../settings/Identity.ts"
import * as Check from "./Check.ts"
import { checkAccount } from "./checks/account.ts"
import { checkClock } from "./checks/clock.ts"
import { checkConfiguration } from "./checks/configuration.ts"
import { checkDns } from "./checks/dns.ts"
import { checkFeishu } from "./checks/feishu.ts"
import { checkLimit } from "./checks/limit.ts"
import { checkDetails, checkRecordings, checkUserIds } from "./checks/meeting.ts"
import { checkNode } from "./checks/node.ts"
import { checkPage } from "./checks/page.ts"
import { checkProxy } from "./checks/proxy.ts"
import { checkScope } from "./checks/scope.ts"
import { checkTls } from "./checks/tls.ts"
import { checkToken } from "./checks/token.ts"
import * as Report from "./Report.ts"

interface Input extends ConnectionFlags.Given, DetailsFlags.Given {
  readonly meetingNo: string | undefined
  readonly json: boolean
}

/** The checks of the way to Feishu: each needs that those before it have not failed. */
const network = ["proxy", "dns", "tls", "feishu"] as const

/** Runs the checks, prints their results, and ends with the exit code that `list` would have. */
export const doctor = Effect.fnUntraced(function* (input: Input) {
  const language = yield* Language.CurrentLanguage
  const numbers = input.meetingNo === undefined ? [] : [input.meetingNo]
  const [meetingNo] = yield* MeetingNumbers.read({ numbers, numbersFrom: undefined, column: undefined })
  const request = yield* DetailsFlags.request(input)
  // Only a read with these flags needs them.
  const ofMeetings: Partial<Record<Check.Name, boolean>> = {
    account: false,
    details: request?.details === true,
    recordings: request?.recordings === true,
    "user-ids": request?.userIdType === "user_id",
  }
  const results: Array<Check.Result> = []
  const stderr = yield* Stderr
  const run = runnerOf(results, {
    begin: (name) =>
      input.json ? Effect.void : stderr.progress((columns) => Report.checking(name, language, columns)),
    end: (result) =>
      input.json ? Effect.void : Effect.andThen(stderr.clear, Console.log(Report.text(result, language))),
  })
  yield* Effect.addFinalizer(() => stderr.clear)

  yield* run("node", [], checkNode)
  const configured = yield* run("configuration", [], checkConfiguration(input))
  if (configured !== undefined) {
    const route = yield* run("proxy", [], checkProxy(configured))
    yield* run("dns", network, checkDns(configured, route?.proxy))
    yield* run("tls", network, checkTls(configured))
    const reached = yield* run("feishu", network, checkFeishu(configured))
    yield* run("clock", network, checkClock(reached?.aheadMillis))
    const { found } = configured.settings
    const appId = found.get("app-id")?.text
    const identity = yield* Effect.result(Identity.find(configured.settings))
    const logins =
      appId === undefined
        ? []
        : yield* Effect.orElseSucceed(Identity.ofApp(configured.settings, appId), () => [])
    // An app or a token alone has nothing to say of accounts.
    ofMeetings.account = found.has("as") || found.has("account") || logins.length > 0
    if (ofMeetings.account) yield* run("account", [], checkAccount(identity, logins, input))
    const access = yield* run("token", [...network, "account"], checkToken(configured, identity))
    if (access !== undefined) {
      yield* run("scope", [], checkScope(access))
      const meetingId = yield* run("page", ["scope"], checkPage(access, meetingNo))
      if (ofMeetings.details) yield* run("details", [], checkDetails(access, meetingId))
      if (ofMeetings.recordings) yield* run("recordings", [], checkRecordings(access, meetingId))
      if (ofMeetings["user-ids"]) yield* run("user-ids", ["details"], checkUserIds(access, meetingId))
      yield* run("limit", [], checkLimit(access, request))
    }
  }
  // The checks that were not reached are reported as skipped.
  for (const name of Check.names) {
    if (ofMeetings[name] === false) continue
    if (!results.some((one) => one.name === name)) yield* run(name, Check.names, Effect.die("it is skipped"))
  }

  const version = yield* Version.CurrentVersion
  yield* Console.log(input.json ? Report.document(results, version) : `\n${Report.counts(results, language)}`)
  const first = results.find((one) => one.status === "failed")
  if (first?.status === "failed") return yield* new CommandEnded({ exitCode: first.exitCode })
}, Effect.scoped)

/** Makes the function that runs a check, unless one that it needs has failed, and adds its result to `results`. */
const runnerOf =
  (
    results: Array<Check.Result>,
    report: {
      readonly begin: (name: Check.Name) => Effect.Effect<void>
      readonly end: (result: Check.Result) => Effect.Effect<void>
    },
  ) =>
  <A, R>(
    name: Check.Name,
    needs: ReadonlyArray<Check.Name>,
    check: Check.Check<A, R>,
  ): Effect.Effect<A | undefined, never, R> => {
    const ended = (result: Check.Result) => {
      results.push(result)
      return Effect.as(report.end(result), undefined)
    }
    const failed = results.find((one) => one.status === "failed" && needs.includes(one.name))
    if (failed !== undefined) {
      return ended({ name, status: "skipped", detail: `since ${failed.name} failed`, because: failed.name })
    }
    return Effect.andThen(report.begin(name), check).pipe(
      Effect.catchTag("FeishuError", Check.ofError),
      Effect.flatMap(([value, passed]) => Effect.as(ended({ name, status: "ok", ...passed }), value)),
      Effect.catchTags({
        CheckSkipped: ({ detail }) => ended({ name, status: "skipped", detail, because: undefined }),
        CheckFailed: ({ detail, exitCode, facts, logId, remedy }) =>
          ended({ name, status: "failed", detail, remedy, logId, exitCode, facts }),
      }),
    )
  }
