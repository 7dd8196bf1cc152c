/** The command `doctor`: its flags and its help. `doctor.ts` runs it. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as ConnectionFlags from "../../input/ConnectionFlags.ts"
import * as DetailsFlags from "../../input/DetailsFlags.ts"
import * as Flags from "../../input/Flags.ts"
import * as Language from "../../language/Language.ts"

const words = Language.words({
  en: {
    short: "Check configuration, network, clock, token and scopes; each failure comes with a remedy",
    description:
      "Check everything that a read needs, one thing after the other: Node, configuration, proxy, DNS, TLS, clock, token, scope, one real page, and the rate limit; with the flags for details, participants, recordings and user ids also the scopes of those. Checks that depend on one that failed are skipped. Sends a handful of requests; no secret is shown, nor sent over plain http to another machine unless --allow-http permits it. The exit code is 0 if nothing failed, else that of list: 2 configuration, 3 token, scope or app, 4 network or server, 1 and 7 the rest.",
    number: "A meeting number to read one page of; without it that check is skipped",
    json: "Print one JSON document",
    example: "All checks except reading a page",
    exampleNumber: "All checks, including one page of this number",
    exampleDetails: "Before a read of participants and recordings",
    exampleJson: "For programs: what failed",
  },
  zh: {
    short: "检查配置、网络、时钟、访问凭证和权限；每个问题都给出解决办法",
    description:
      "逐项检查读取所需的一切：Node、配置、代理、DNS、TLS、时钟、访问凭证、权限、读取一页真实数据，以及频率限制；给出会议详情、参会者、录制文件或用户 ID 的选项时，还检查相应的权限。依赖的检查未通过时，该项会跳过。只发送几次请求；不显示密钥；除非用 --allow-http 允许，也不会经明文 http 发给其他机器。没有问题时退出码为 0，否则与 list 相同：2 配置，3 访问凭证、权限或应用，4 网络或服务器，其余为 1 和 7。",
    number: "用于读取一页的会议号；不给出则跳过该项",
    json: "输出一个 JSON 文档",
    example: "除读取一页外的全部检查",
    exampleNumber: "全部检查，包括读取该会议号的一页",
    exampleDetails: "读取参会者与录制文件之前",
    exampleJson: "供程序使用：哪些项有问题",
  },
})

/** Makes the command, with its help in this language. */
export const doctor = (language: Language.Language) => {
  const say = words[language]
  return Command.make(
    "doctor",
    {
      meetingNo: Argument.String("meeting-no").pipe(
        Argument.withDescription(say.number),
        Argument.optional,
        Argument.map(Option.getOrUndefined),
      ),
      ...DetailsFlags.flags(language),
      json: Flags.yes("json", say.json),
      ...ConnectionFlags.make(language),
    },
    // The doctor is loaded only here: other commands start faster without it.
    (input) =>
      Effect.flatMap(
        Effect.promise(() => import("./doctor.ts")),
        ({ doctor }) => doctor(input),
      ),
  ).pipe(
    Command.withShortDescription(say.short),
    Command.withDescription(say.description),
    Command.withExamples([
      { command: "feishu-meetings doctor", description: say.example },
      { command: "feishu-meetings doctor 337736498", description: say.exampleNumber },
      {
        command: "feishu-meetings doctor 337736498 --participants --recordings",
        description: say.exampleDetails,
      },
      {
        command: `feishu-meetings doctor --json | jq '.checks[] | select(.status == "failed")'`,
        description: say.exampleJson,
      },
    ]),
  )
}
