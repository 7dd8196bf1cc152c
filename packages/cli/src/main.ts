/** The command as a process: its signals and exit codes. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Cause from "effect/Cause"
import * as CliConfig from "effect/cli/CliConfig"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import { Sentence } from "@effect-feishu/core"
import * as Hangup from "@effect-feishu/terminal/Hangup"
import { feishuMeetings } from "./command.ts"
import { asFlag } from "./commands/help.ts"
import * as ConfigFiles from "./settings/ConfigFiles.ts"
import * as DashedValues from "./input/DashedValues.ts"
import { exitCodes, faultOf } from "./failure/Fault.ts"
import { ofSentence } from "./failure/explain.ts"
import * as Help from "./console/Help.ts"
import * as Language from "./language/Language.ts"
import * as RunState from "./run/RunState.ts"
import * as SecretFlags from "./input/SecretFlags.ts"
import * as Stderr from "./console/Stderr.ts"
import { report } from "./run/Summary.ts"
import * as TimeZone from "./language/TimeZone.ts"
import * as Version from "./console/Version.ts"
import * as Verbosity from "./console/Verbosity.ts"

const presenter: CliOutput.Presenter = {
  present: (event) => {
    switch (event._tag) {
      case "Help":
        return Effect.flatMap(Language.CurrentLanguage, (language) =>
          Console.log(Help.render(event.helpDoc, language)),
        )
      case "Version":
        return Console.log(`${event.name} v${event.version}`)
      case "InvalidInvocation":
        // `report` prints this like every other error.
        return Effect.void
    }
  },
}

/**
 * The signals that stop a run: Ctrl-C, `kill`, the closing of its terminal, where it has one, and on Windows Ctrl-Break, which is also
 * what a program can send to one that it has started there. `kill` ends a process of Windows at once, without a signal.
 */
const signals: ReadonlyArray<"SIGINT" | "SIGTERM" | "SIGHUP" | "SIGBREAK"> = [
  "SIGINT",
  "SIGTERM",
  ...(Hangup.stops() ? ["SIGHUP" as const] : []),
  ...(process.platform === "win32" ? ["SIGBREAK" as const] : []),
]

/** Runs the command with these arguments, and ends the process. `given` replaces references, such as the limit of a demo. */
export const main = (
  args: ReadonlyArray<string>,
  version: string,
  given: Context.Context<never> = Context.empty(),
): void => {
  // The first signal stops the run cleanly, the second ends the process at once.
  let received: (typeof signals)[number] | undefined
  for (const signal of signals) {
    process.on(signal, () => {
      if (received !== undefined) process.exit(exitCodes[signal])
      received = signal
    })
  }

  // Node 22 warns that SQLite is experimental, which says nothing to those who run the command.
  const { emitWarning } = process
  process.emitWarning = (warning: string | Error, ...rest: ReadonlyArray<unknown>) =>
    String(warning).startsWith("SQLite is an experimental")
      ? undefined
      : (Reflect.apply(emitWarning, process, [warning, ...rest]) as void)

  // The reader of standard output has enough, as `head` has: no more can be written, which is not an error.
  process.stdout.on("error", () => {})

  // All that reads or writes times goes by it, as if the user had set it.
  const tz = TimeZone.tzOf(TimeZone.requestedIn(args) ?? "")
  if (tz !== undefined) process.env["TZ"] = tz

  const program = Effect.gen(function* () {
    const files = yield* ConfigFiles.read
    const configured = files.entries.find(({ name }) => name === "lang")?.text
    const requested = Language.requestedIn(args)
    const language = Language.find(requested, process.env, configured)
    const root = feishuMeetings(language)
    return yield* SecretFlags.refuse(args).pipe(
      Effect.andThen(Command.runWith(root, { version })(DashedValues.join(asFlag(args, root)))),
      // Without a subcommand the help was shown: that is not a failure.
      Effect.catchTag("ShowHelp", (error) => (error.errors.length === 0 ? Effect.void : Effect.fail(error))),
      Effect.onExit((exit) => report(args, exit)),
      Effect.provideService(Language.CurrentLanguage, language),
      Effect.provideService(Sentence.CurrentWording, (sentence) => ofSentence(sentence, language)),
      Effect.provideService(Language.Requested, requested),
      Effect.provideService(ConfigFiles.ConfigFiles, files),
    )
  })
  const run = RunState.make()
  // `runMain` interrupts only at SIGINT and SIGTERM.
  const closed = Effect.callback<never>((resume) => {
    for (const signal of ["SIGHUP", "SIGBREAK"] as const) {
      if (signals.includes(signal)) process.on(signal, () => resume(Effect.interrupt))
    }
  })
  Effect.raceFirst(program, closed).pipe(
    Effect.provide(
      Layer.mergeAll(
        NodeServices.layer,
        Stderr.layer,
        Layer.succeed(RunState.Run, run),
        CliOutput.layerPresenter(presenter),
        CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version] }),
      ),
    ),
    Effect.provideService(Version.CurrentVersion, version),
    Effect.provideService(Verbosity.CurrentVerbosity, Verbosity.find(args)),
    Effect.provideContext(given),
    NodeRuntime.runMain({
      disableErrorReporting: true,
      teardown: (exit, onExit) =>
        onExit(
          // A signal that comes after the end of the list changes nothing.
          Exit.isSuccess(exit) || (run.ended !== undefined && Cause.hasInterruptsOnly(exit.cause))
            ? exitCodes.complete
            : received === undefined
              ? faultOf(exit.cause).exitCode
              : exitCodes[received],
        ),
    }),
  )
}
