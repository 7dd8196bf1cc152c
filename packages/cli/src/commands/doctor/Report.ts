/** The results of the checks, for people and for programs. */
import { release } from "node:os"
import { styleText } from "node:util"
import * as CliOutput from "effect/cli/CliOutput"
import * as HelpText from "@effect-feishu/terminal/HelpText"
import * as Language from "../../language/Language.ts"
import { withoutSecrets } from "../../console/KnownSecrets.ts"
import { json, visible } from "@effect-feishu/terminal/VisibleText"
import type * as Check from "./Check.ts"

const words = Language.words({
  en: {
    statuses: { ok: "ok", failed: "failed", skipped: "skipped" },
    names: {
      node: "Node.js",
      configuration: "configuration",
      proxy: "proxy",
      dns: "DNS",
      tls: "TLS",
      feishu: "Feishu",
      clock: "clock",
      account: "account",
      token: "token",
      scope: "scope",
      page: "page",
      details: "details",
      recordings: "recordings",
      "user-ids": "user ids",
      limit: "rate limit",
    },
    checking: (name: string) => `checking ${name} …`,
    because: (name: string) => `because ${name} failed`,
    logId: (logId: string) => `Log id: ${logId}`,
    counts: (ok: number, failed: number, skipped: number) =>
      [
        failed === 0 ? "nothing failed" : `${failed} failed`,
        `${ok} ok`,
        ...(skipped === 0 ? [] : [`${skipped} skipped`]),
      ].join(", "),
  },
  zh: {
    statuses: { ok: "正常", failed: "失败", skipped: "跳过" },
    names: {
      node: "Node.js",
      configuration: "配置",
      proxy: "代理",
      dns: "DNS",
      tls: "TLS",
      feishu: "飞书",
      clock: "时钟",
      account: "账号",
      token: "访问凭证",
      scope: "权限",
      page: "读取一页",
      details: "会议详情",
      recordings: "录制文件",
      "user-ids": "用户 ID",
      limit: "频率限制",
    },
    checking: (name) => `正在检查${name}…`,
    because: (name) => `因 ${name} 检查未通过`,
    logId: (logId) => `日志 ID：${logId}`,
    counts: (ok, failed, skipped) =>
      [
        failed === 0 ? "没有问题" : `失败 ${failed} 项`,
        `正常 ${ok} 项`,
        ...(skipped === 0 ? [] : [`跳过 ${skipped} 项`]),
      ].join("，"),
  },
})

const colours = { ok: "green", failed: "red", skipped: "yellow" } as const

const padded = (text: string, width: number): string =>
  text + " ".repeat(Math.max(0, width - CliOutput.displayWidth(text)))

const widest = (texts: Readonly<Record<string, string>>): number =>
  Math.max(...Object.values(texts).map(CliOutput.displayWidth))

/** A text of a server or an address may be in it. */
const shown = (text: string): string => visible(withoutSecrets(text))

/** Returns the lines of one result. They fit the terminal; elsewhere they are not wrapped. */
export const text = (result: Check.Result, language: Language.Language): string => {
  const say = words[language]
  const [first, second] = [widest(say.statuses) + 2, widest(say.names) + 2]
  const indent = " ".repeat(first + second)
  const columns = process.stdout.isTTY ? process.stdout.columns || 80 : Number.POSITIVE_INFINITY
  // In a narrow terminal, a line that breaks anywhere is better than one word per line.
  const width = Math.max(30, columns - indent.length - 1)
  const detail =
    result.status === "skipped" && result.because !== undefined
      ? say.because(say.names[result.because])
      : result.detail
  const lines = [
    detail,
    ...(result.status === "ok" ? (result.lines ?? []) : []),
    ...(result.status === "failed" ? [result.remedy] : []),
    ...(result.status === "failed" && result.logId !== undefined ? [say.logId(result.logId)] : []),
  ].flatMap((line) => (Number.isFinite(width) ? HelpText.wrap(shown(line), width) : [shown(line)]))
  // Node knows whether standard output is a terminal, and what NO_COLOR means.
  const status = styleText(colours[result.status], say.statuses[result.status], { stream: process.stdout })
  const head = `${status}${" ".repeat(first - CliOutput.displayWidth(say.statuses[result.status]))}`
  return [
    `${head}${padded(say.names[result.name], second)}${lines[0]}`,
    ...lines.slice(1).map((line) => indent + line),
  ].join("\n")
}

/** The progress line while a check runs; empty where the terminal is too narrow for it. */
export const checking = (name: Check.Name, language: Language.Language, columns: number): string => {
  const say = words[language]
  const text = say.checking(say.names[name])
  return CliOutput.displayWidth(text) <= columns ? text : ""
}

/** Returns the last line: how many checks passed, failed and were skipped. */
export const counts = (results: ReadonlyArray<Check.Result>, language: Language.Language): string => {
  const count = (status: Check.Result["status"]) => results.filter((one) => one.status === status).length
  return words[language].counts(count("ok"), count("failed"), count("skipped"))
}

/** Returns all results as one JSON document, with the version of the command and the system: what a report of a bug needs. */
export const document = (results: ReadonlyArray<Check.Result>, version: string): string => {
  const status = results.some((one) => one.status === "failed")
    ? "failed"
    : results.some((one) => one.status === "skipped")
      ? "incomplete"
      : "ok"
  const checks = results.map((one) => {
    const { name, status } = one
    const detail = shown(one.detail)
    switch (one.status) {
      case "ok":
        return { check: name, status, detail, ...one.facts }
      case "failed":
        return { check: name, status, detail, remedy: shown(one.remedy), logId: one.logId, ...one.facts }
      case "skipped":
        return { check: name, status, detail, because: one.because }
    }
  })
  return json({ status, version, system: `${process.platform} ${process.arch} ${release()}`, checks })
}
