/** Check `feishu`: Feishu answers a request without a token. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { FeishuConfig, Probe } from "@effect-feishu/core"
import * as Language from "../../../language/Language.ts"
import type * as Check from "../Check.ts"
import type { Configured } from "./configuration.ts"

const words = Language.words({
  en: {
    answered: (millis: number) => `answered in ${millis} ms`,
    refusedByGateway: (status: number) =>
      `HTTP ${status} without Feishu's code: something in front of Feishu, such as a gateway, refuses requests without a token; the checks below show whether it accepts requests with a token`,
  },
  zh: {
    answered: (millis) => `${millis} 毫秒内响应`,
    refusedByGateway: (status) =>
      `HTTP ${status}，且没有飞书的错误码：飞书之前的网关等拒绝了不带访问凭证的请求；它是否放行带访问凭证的请求，见以下各项`,
  },
})

/** Sends one request. Later checks get the answer, with the time of Feishu's clock. */
export const checkFeishu = Effect.fnUntraced(function* ({ http, urls }: Configured) {
  const say = yield* Language.say(words)
  const reached = yield* Effect.provide(Probe.reach, [Layer.succeed(FeishuConfig.FeishuConfig, urls), http])
  const { code, logId, millis, status } = reached
  const passed: Check.Passed = {
    detail: say.answered(Math.round(millis)),
    lines: code === undefined ? [say.refusedByGateway(status)] : [],
    facts: { httpStatus: status, code, logId, millis },
  }
  return [reached, passed] as const
})
