/**
 * A program that reads a page by a login in a file, as a process of its own: once for every line of its input, each time with a
 * client that knows nothing yet. Prints an outcome for each as a line of JSON. `hold` holds the lock of the file instead.
 */
import { Cause, Effect, Layer, Logger } from "effect"
import { createInterface } from "node:readline"
import { AccessToken, FeishuError, MeetingNo, Meetings, Secret } from "@effect-feishu/core"
import * as NodeHttp from "@effect-feishu/core/node"
import * as UserTokenFile from "@effect-feishu/core/UserTokenFile"

/** What the program is started with, in `READER`. */
export interface Options {
  readonly file: string
  readonly baseUrl: string
  readonly appId: string
  readonly appSecret: string
  readonly unansweredRest: string
}

/** What it prints: that a page was read, or why not. */
export type Outcome =
  | { readonly _tag: "Ready" | "Read" | "Holds" }
  | { readonly _tag: "Failed"; readonly reason: string; readonly why?: string; readonly message: string }

const options = JSON.parse(process.env["READER"]!) as Options

const tokens = UserTokenFile.make(options.file)

const print = (outcome: Outcome) => void process.stdout.write(`${JSON.stringify(outcome)}\n`)

const read = Meetings.Meetings.use((meetings) =>
  meetings.page({ meetingNo: MeetingNo.make("337736498"), range: { from: "7d" } }),
).pipe(
  Effect.provide(
    Layer.suspend(() =>
      Meetings.layer({
        baseUrl: options.baseUrl,
        credentials: AccessToken.user({
          appId: options.appId,
          appSecret: Secret.appSecret(options.appSecret),
          tokens,
          unansweredRest: options.unansweredRest as "1 second",
        }),
      }),
    ).pipe(Layer.provide(NodeHttp.layer())),
  ),
  Effect.matchCause({
    onSuccess: () => print({ _tag: "Read" }),
    onFailure: (cause) => {
      const error = Cause.squash(cause)
      const reason = error instanceof FeishuError.FeishuError ? error.reason : undefined
      print({
        _tag: "Failed",
        reason: reason?._tag ?? "defect",
        ...(reason?._tag === "SignInRequired" ? { why: reason.why } : {}),
        message: error instanceof Error ? error.message : String(error),
      })
    },
  }),
)

const hold = tokens.locked(() =>
  Effect.andThen(
    Effect.sync(() => print({ _tag: "Holds" })),
    Effect.never,
  ),
)

createInterface(process.stdin).on("line", (line) => {
  // Only what is printed above is on standard output.
  void Effect.runPromise(Effect.provide(line === "hold" ? hold : read, Logger.layer([])))
})
print({ _tag: "Ready" })
