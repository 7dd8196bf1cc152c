/** `feishu-mock health`: asks a running mock whether it serves, for the health check of a container that has no other program. */
import { get } from "node:http"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Console from "effect/Console"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Language from "@effect-feishu/terminal/Language"
import { shortened } from "@effect-feishu/terminal/Shortened"
import * as SystemCode from "@effect-feishu/terminal/SystemCode"
import { type Failed, tell } from "./CommandFailed.ts"
import { numberIn } from "./flags.ts"

const words = Language.words({
  en: {
    description:
      "Ask a running mock whether it serves: exit code 0 if it does, 1 if it does not. For health checks where there is no curl.",
    takes: "a number of seconds from 0 to 3600",
    wait: "Ask again until the mock serves, for at most this many seconds (default: 0)",
    start: "In a script: start a mock, and go on as soon as it serves",
    url: "The URL that the mock printed (default: http://127.0.0.1:8787)",
    check: "In the container of a mock, or on its machine",
    port: "A mock on another port",
    serves: (url: string) => `${url} serves`,
    notUrl: (url: string) =>
      `${JSON.stringify(url)} is not the URL of a mock: give one such as http://127.0.0.1:8787`,
    notServing: (url: string, code: string) =>
      `${url} does not answer (${code}): start the mock, or give the URL that it printed`,
    notMock: (url: string, answer: string) =>
      `${url} answers, but not as a mock: ${answer}. Give the URL that the mock printed`,
  },
  zh: {
    description:
      "询问运行中的模拟飞书是否可用：可用时退出码为 0，否则为 1。用于没有 curl 的环境中的健康检查。",
    takes: "0 到 3600 的秒数",
    wait: "反复询问，直到模拟飞书可用，最多等待这么多秒（默认 0）",
    start: "在脚本中：启动模拟飞书，可用后立即继续",
    url: "模拟飞书打印的 URL（默认 http://127.0.0.1:8787）",
    check: "在模拟飞书所在的容器或机器上",
    port: "使用其他端口的模拟飞书",
    serves: (url) => `${url} 可用`,
    notUrl: (url) => `${JSON.stringify(url)} 不是模拟飞书的 URL：请给出 http://127.0.0.1:8787 这样的 URL`,
    notServing: (url, code) => `${url} 没有响应（${code}）：请启动模拟飞书，或给出它打印的 URL`,
    notMock: (url, answer) => `${url} 有响应，但不是模拟飞书：${answer}。请给出模拟飞书打印的 URL`,
  },
})

/** Returns the values that each flag takes, for messages. */
export const takes = (language: Language.Language) => ({ wait: words[language].takes })

/** Makes the command. `called` is how the program was called. */
export const command = (called: string, language: Language.Language) => {
  const say = words[language]
  return Command.make(
    "health",
    {
      wait: Flag.String("wait").pipe(
        Flag.withMetavar("SECONDS"),
        Flag.filterMap(
          (text) => Option.liftPredicate(numberIn(text), (seconds) => seconds <= 3600),
          () => words.en.takes,
        ),
        Flag.withDescription(say.wait),
        Flag.withDefault(0),
      ),
      url: Argument.String("URL").pipe(
        Argument.withDescription(say.url),
        Argument.withDefault("http://127.0.0.1:8787"),
      ),
    },
    ({ url, wait }) => health(url, wait, language),
  ).pipe(
    Command.withDescription(say.description),
    Command.withExamples([
      { command: `${called} health`, description: say.check },
      { command: `${called} health http://127.0.0.1:4010`, description: say.port },
      { command: `${called} --log none & ${called} health --wait 20`, description: say.start },
    ]),
  )
}

/** Milliseconds that an answer may take: a container's health check has little time itself. */
const patience = 5_000

const health = Effect.fnUntraced(function* (text: string, wait: number, language: Language.Language) {
  const say = words[language]
  const url = urlOf(text)
  if (url === undefined) return yield* tell(say.notUrl(text), 2)
  const answer = yield* answerOf(url).pipe(
    Effect.timeoutOrElse({ duration: patience, orElse: () => Effect.fail("ETIMEDOUT") }),
    Effect.retry(Schedule.upTo(Schedule.spaced("100 millis"), { duration: `${wait} seconds` })),
    Effect.catch((code): Effect.Effect<never, Failed> => tell(say.notServing(url.origin, code), 1)),
  )
  if (answer !== ok) return yield* tell(say.notMock(url.origin, shortened(answer, 200)), 1)
  yield* Console.log(say.serves(url.origin))
})

/** The answer of a mock that serves. */
const ok = '200 {"status":"ok"}'

const urlOf = (text: string): URL | undefined => {
  const url = URL.parse(text)
  return url?.protocol === "http:" ? url : undefined
}

/** The most characters of an answer that are read: whatever answers more is not a mock. */
const longest = 1_000

/** Returns status and body. The request goes past any proxy: the mock is on this machine, or in a container next to this one. */
const answerOf = (url: URL): Effect.Effect<string, string> =>
  Effect.callback((resume) => {
    const fail = (error: unknown) => resume(Effect.fail(SystemCode.orMessage(error)))
    const request = get(new URL("/_mock/health", url), { agent: false }, (response) => {
      let answer = `${response.statusCode} `
      const end = () => resume(Effect.succeed(answer))
      response.setEncoding("utf8").on("data", (text: string) => {
        answer += text
        if (answer.length > longest) end()
      })
      response.on("end", end).on("error", fail)
    })
    request.on("error", fail)
    return Effect.sync(() => request.destroy())
  })
