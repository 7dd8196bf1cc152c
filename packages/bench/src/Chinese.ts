/** The Chinese of the table, so that the table of `README.zh-CN.md` is made from the one of `README.md`. */

/** What is measured. Where a name has parts, as in `SQLite, 1 lane: plan`, each of them is here or in `patterns`. */
const names: Readonly<Record<string, string>> = {
  // read, details
  ours: "本项目",
  "official SDK": "官方 SDK",
  "official SDK, batches of 50": "官方 SDK，每批 50 场",
  "bare undici and JSON.parse": "只用 undici 和 JSON.parse",
  "bare undici and JSON.parse, 50 in flight": "只用 undici 和 JSON.parse，同时 50 个请求",
  "ours / official SDK": "本项目 / 官方 SDK",
  "ours / bare undici": "本项目 / 只用 undici",
  // windows
  "62 pages, 1 to 5 in a window": "62 页，每个时间段 1 至 5 页",
  "42 pages, 2 in a window": "42 页，每个时间段 2 页",
  "one after the other": "一个接一个",
  "readAhead 4": "readAhead 4",
  "readAhead 4 / one after the other": "readAhead 4 / 一个接一个",
  // mock
  "node:http, the same bytes": "node:http，返回同样的字节",
  "bare HttpApi, the same bytes": "HttpApi 空服务器，返回同样的字节",
  "the mock, 10,000 meetings": "模拟飞书，10,000 场会议",
  "the mock, 100,000 meetings": "模拟飞书，100,000 场会议",
  "bare HttpApi / the mock": "HttpApi 空服务器 / 模拟飞书",
  "10,000 meetings / 100,000": "10,000 场会议 / 100,000 场",
  "bare HttpApi, p99": "HttpApi 空服务器，p99",
  "the mock, p99": "模拟飞书，p99",
  "the mock's p99 / bare HttpApi's": "模拟飞书 / HttpApi 空服务器，p99",
  // mockState
  "the command, bundled": "打包后的命令",
  "from its start to its first answer": "从启动到第一个响应",
  "node -e 0": "node -e 0",
  "its start / node -e 0": "命令的启动 / node -e 0",
  "reset of 1,000 meetings": "重置 1,000 场会议",
  "a fresh seed of as many": "从种子新建同样多的会议",
  "reset / fresh": "重置 / 新建",
  "heap after 20,000 requests": "20,000 次请求后的堆内存",
  "growth of it by 100,000 more": "再经过 100,000 次请求的增长",
  "a million meetings": "一百万场会议",
  "start, from the sources": "从源码启动",
  "memory of the process": "进程的内存",
  answers: "响应",
  // command
  "feishu-meetings --version": "feishu-meetings --version",
  "--version / node -e 0": "--version / node -e 0",
  "feishu-meetings list": "feishu-meetings list",
  "from its start to the first row": "从启动到第一行",
  "the same, when nothing is compiled yet": "同上，没有编译缓存时",
  "first row / node -e 0": "第一行 / node -e 0",
  "only to import the official SDK": "仅导入官方 SDK",
  "first row / import of the official SDK": "第一行 / 导入官方 SDK",
  // memory
  "heap at row 100,000": "第 100,000 行时的堆内存",
  "heap at row 1,000,000": "第 1,000,000 行时的堆内存",
  "of that, the ids of two windows": "其中两个时间段的 ID",
  growth: "增长",
  // import
  nothing: "空程序",
  core: "core",
  "core and its client for Node": "core 及其 Node 的 HTTP 客户端",
  "core and its client for Node / nothing": "core 及其 Node 的 HTTP 客户端 / 空程序",
  // bundle
  "one call, its HTTP client left to the application, gzipped": "一次调用，HTTP 客户端由应用提供，gzip 之后",
  "every meeting, with fetch, for browsers, gzipped": "全部会议，使用 fetch，用于浏览器，gzip 之后",
  "every meeting, for Node, without @effect/platform-node, gzipped":
    "全部会议，用于 Node，不含 @effect/platform-node，gzip 之后",
  "Effect's own part of the second, as far as it can be": "第二项中可以归于 Effect 自身的部分",
  "fetch, Stream, Schema, gzipped": "fetch、Stream、Schema，gzip 之后",
  "the second, minified": "第二项，压缩代码之后",
  // scale
  plan: "计划",
  "every lane is asked": "每个通道都已收到请求",
  "lanes that read while units are counted": "计数期间在读取的通道",
  units: "单元",
  "units for each second of processor": "每秒 CPU 时间处理的单元数",
  memory: "内存",
  state: "状态",
  // of any measurement that ended too early
  "cells that were not reported": "未报告的项目",
}

/** Names with numbers or names in them. */
const patterns: ReadonlyArray<readonly [RegExp, string]> = [
  [/^(SQLite|PostgreSQL), ([\d,]+) lanes?$/, "$1，$2 个通道"],
  [/^processors for ([\d,]+) units\/s, without the network$/, "每秒处理 $1 个单元所需的 CPU 数，不含网络"],
  [/^of that, (\S+)$/, "其中 $1"],
]

const nameOf = (name: string): string => {
  const fixed = names[name]
  if (fixed !== undefined) return fixed
  const pattern = patterns.find(([english]) => english.test(name))
  if (pattern === undefined) throw new Error(`packages/bench/src/Chinese.ts has no Chinese of: ${name}`)
  return name.replace(...pattern)
}

/** The units that are words in English; the others, such as `ms`, are the same. */
const units: Readonly<Record<string, string>> = { "requests/s": "次/秒", "units/s": "单元/秒" }

/** Returns a unit in Chinese. */
export const unitOf = (unit: string): string => units[unit] ?? unit

/**
 * Returns a table of `Table.markdown` in Chinese. Measurements, numbers and the reasons why something was not measured stay as they
 * are. Throws when there is no Chinese of a name.
 */
export const tableOf = (english: string): string =>
  english
    .split("\n")
    .map((line) => {
      const [, measurement, what, median, goal] = /^\| (.+?) \| (.+?) \| (.+?) \| (.*?) ?\|$/.exec(line) ?? []
      if (measurement === undefined) return line
      if (measurement === "measurement") return "| 测量 | 项目 | 中位数 | 目标 |"
      const name = what!.split(": ").map(nameOf).join("：")
      const value = median!.replace(/\S+\/s$/, unitOf)
      const said = goal!.replace("**missed**", "**未达到**").replace("**not measured**: ", "**未测得**：")
      return `| ${measurement} | ${name} | ${value} | ${said} |`
    })
    .join("\n")
