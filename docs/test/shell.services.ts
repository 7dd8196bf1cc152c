/**
 * What the pages have typed in a shell: typed here, page by page, in an empty folder, and what is printed must be the same.
 *
 * - `sh` is run, line after line, and must succeed; `sh exits=3` must end with this exit code. Feishu is a mock: its address and
 *   credentials are in the environment. Who is asked to sign in does so.
 * - A fence of a file, with a title that is a name, is this file from there on.
 * - `text` after `sh` is what that prints; `…` in a line of its own is any number of lines.
 * - Lines that install packages are checked and not run: the packages are those of this repository. The same goes for settings that a
 *   reader has to fill in, such as `export FEISHU_APP_ID=cli_…`.
 *
 * `vitest run --config vitest.services.config.ts docs/test/shell.services.ts -u` writes what is printed into the pages.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { delimiter, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "vitest"
import { type Started, startFeishuMock } from "@effect-feishu/mock-server"
import { bin } from "../../packages/cli/test/bundle.ts"
import * as Cli from "../../packages/cli/test/Cli.ts"
import { freePort } from "./freePort.ts"
import * as Setting from "../../packages/cli/src/settings/Setting.ts"

const root = fileURLToPath(new URL("../../", import.meta.url))
const pages = `${root}docs/src/content/docs/`

/** 2026-10-01T08:00:00+08:00, when everything on the pages happens. */
const today = 1_790_812_800

interface Fence {
  readonly language: string
  /** What follows the language, such as `title="numbers.csv"`. */
  readonly meta: string
  readonly text: string
}

const fence = /^```(\w+)(.*)\n([^]*?)^```$/gm
const fencesIn = (page: string): ReadonlyArray<Fence> =>
  Array.from(page.matchAll(fence), ([, language, meta, text]) => ({
    language: language!,
    meta: meta!,
    text: text!,
  }))
const fileOf = ({ meta }: Fence) => /file=<rootDir>\/([^\s#]+)(?=\s|$)/.exec(meta)?.[1]
const nameOf = ({ meta }: Fence) => /title="([\w./-]+\.\w+)"/.exec(meta)?.[1]
const exitOf = ({ meta }: Fence) => Number(/exits=(\d+)/.exec(meta)?.[1] ?? 0)

const isPrinted = (fences: ReadonlyArray<Fence>, index: number) =>
  fences[index]!.language === "text" &&
  fileOf(fences[index]!) === undefined &&
  fences[index - 1]?.language === "sh"

/** A text in which what differs from run to run is equal. */
const alike = (text: string): string =>
  text
    .trimEnd()
    .replaceAll(/ +$/gm, "")
    .replaceAll(/\b20\d{12}[\dA-F]{20,}\b/g, "log id")
    .replaceAll(/127\.0\.0\.1:\d+/g, "127.0.0.1:0")
    .replaceAll(/\d\d:\d\d:\d\d/g, "time")
    .replaceAll(/\b[\d.]+ ?(ms|s)\b/g, "0 s")
    .replaceAll(/[\d.]+ (毫秒|秒)/g, "0 秒")
    .replaceAll(/\b[A-Z]{4}-[A-Z]{4}\b/g, "user code")
    .replaceAll(/\.[\da-f]{8}\.json\b/g, ".json")
    .replaceAll(/\b(state|code_challenge)=[\w-]+/g, "$1=random")

/** True when the printed text is what the page shows. */
const isShown = (shown: string, printed: string): boolean => {
  const lines = alike(shown)
    .split("\n")
    .map((line) => (line === "…" ? "(?:.*\\n)*" : `${line.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&")}\\n`))
  return new RegExp(`^${lines.join("")}$`).test(`${alike(printed)}\n`)
}

const textOf = (name: string) => readFileSync(pages + name, "utf8")

/** True when a program is on this machine. */
const isHere = (program: string) =>
  (process.env["PATH"] ?? "").split(delimiter).some((folder) => existsSync(join(folder, program)))

/** The pages that have something to run, and the Chinese ones that show something else than the English ones. */
const names = ["guide", "how-to", "decisions"]
  .filter((folder) => existsSync(pages + folder))
  .flatMap((folder) => readdirSync(pages + folder).map((name) => `${folder}/${name}`))
  .concat("index.md")
  .flatMap((name) => {
    const fences = fencesIn(textOf(name))
    const shell = fences.filter(({ language }) => language === "sh")
    if (shell.length === 0) return []
    for (const program of ["python3", "go"]) {
      if (
        isHere(program) ||
        !shell.some(({ text }) => text.split("\n").some((line) => line.startsWith(`${program} `)))
      )
        continue
      console.warn(`${program} is not on this machine: ${name} was not typed`)
      return []
    }
    const chinese = existsSync(`${pages}zh-cn/${name}`) ? fencesIn(textOf(`zh-cn/${name}`)) : []
    const differs = chinese.some(
      ({ text }, index) => isPrinted(chinese, index) && alike(text) !== alike(fences[index]?.text ?? ""),
    )
    return differs ? [name, `zh-cn/${name}`] : [name]
  })

/** Our packages by their names. */
const ours = new Map(
  ["mock-server", ...readdirSync(`${root}packages`).map((name) => `packages/${name}`)]
    .filter((folder) => existsSync(`${root}${folder}/package.json`))
    .flatMap((folder) => {
      const manifest = JSON.parse(readFileSync(`${root}${folder}/package.json`, "utf8"))
      return manifest.private === true ? [] : [[manifest.name as string, `${root}${folder}`]]
    }),
)
/** Where a package is in this repository: in the folder of one of its programs if not in that of the documents. */
const placeOf = (name: string): string | undefined =>
  ours.get(name) ??
  [
    "docs",
    "mock-server",
    ...["packages", "examples"].flatMap((folder) =>
      readdirSync(root + folder).map((name) => `${folder}/${name}`),
    ),
  ]
    .map((folder) => `${root}${folder}/node_modules/${name}`)
    .find((path) => existsSync(path))

const install = /^\s*(?:npm (?:install|i|add|init)|pnpm (?:add|init)|yarn add|bun add)\b(.*?)(?:#.*)?$/
const fillIn = /^\s*export (?:\w+=\S*(?:\s+|$))+/

/** The names of packages that lines install. */
const installedBy = (lines: string): ReadonlyArray<string> =>
  lines
    .split("\n")
    .flatMap((line) => install.exec(line)?.[1]?.split(/\s+/) ?? [])
    .filter((word) => word !== "" && !word.startsWith("-"))
    .map((word) => word.replace(/(?<=.)@[\w.^~-]+$/, ""))

/** Lines as they are run: without those that install, or that the reader fills in. */
const runnable = (lines: string): string =>
  lines
    .split("\n")
    .map((line) => {
      if (install.test(line)) return ":"
      if (!line.includes("…") || !fillIn.test(line)) return line
      const known = Setting.all.map(Setting.keyOf)
      for (const [, name] of line.matchAll(/(\w+)=/g)) {
        assert.include(
          known,
          name!.replace(/^FEISHU_/, "").toLowerCase(),
          `${line}: there is no such setting`,
        )
      }
      return ":"
    })
    .join("\n")

/** Brings packages into a folder, as an install would. */
const link = (folder: string, programs: string, packages: ReadonlyArray<string>) => {
  mkdirSync(join(folder, "node_modules/.bin"), { recursive: true })
  if (packages.length > 0) writeFileSync(join(folder, "package.json"), "{}")
  for (const name of new Set(packages)) {
    const place = placeOf(name)
    assert.isDefined(place, `${name}: there is no such package here`)
    const at = join(folder, "node_modules", name)
    mkdirSync(dirname(at), { recursive: true })
    symlinkSync(place!, at)
    const { bin = {} } = JSON.parse(readFileSync(`${at}/package.json`, "utf8"))
    const bins = typeof bin === "string" ? { [name.split("/").at(-1)!]: bin } : bin
    for (const [program, path] of Object.entries<string>(bins)) {
      const line = ours.has(name) ? join(programs, program) : `node "${join(place!, path)}"`
      // On a busy machine a test may take longer than these allow by themselves.
      const patient = program === "vitest" || program === "jest" ? " --testTimeout=60000" : ""
      script(join(folder, "node_modules/.bin", program), `exec ${line} "$@"${patient}`)
    }
  }
}

const script = (path: string, line: string) => {
  writeFileSync(path, `#!/bin/sh\n${line}\n`)
  chmodSync(path, 0o755)
}

/** Does what somebody does who is asked to sign in: opens the address, and allows everything. */
const signIn = async (feishu: Started, address: string) => {
  const userCode = new URL(address).searchParams.get("user_code")
  if (userCode !== null) return feishu.decideDevice({ user_code: userCode })
  const { redirect_url } = await feishu.authorize({ url: address })
  await (await fetch(redirect_url!)).text()
}
const address = /http:\/\/\S+\/(?:oauth\/v1\/device|open-apis\/authen\/v1\/authorize)\?\S+(?=\s)/g

/** Runs what a page has typed in the folder `base`, and returns what each of its fences printed, up to the first that did not end as it should. */
const typed = async (base: string, fences: ReadonlyArray<Fence>, locale: string, signal: AbortSignal) => {
  await using feishu = await startFeishuMock({ now: today, rateLimit: "off" })
  const [folder, home, programs] = ["work", "home", "programs"].map((name) => join(base, name)) as [
    string,
    string,
    string,
  ]
  for (const path of [folder, home, programs]) mkdirSync(path)
  const [mockPort, redirectPort] = [await freePort(), await freePort()]
  script(join(programs, "feishu-meetings"), `exec node "${bin}" "$@"`)
  script(
    join(programs, "feishu-mock"),
    `case "$*" in *--port*) ;; ''|-*) set -- --port ${mockPort} "$@" ;; esac; exec feishu-meetings mock "$@"`,
  )
  // Not a function of the shell: what it starts in the background has to end with its signal.
  script(join(programs, "npx"), `[ "$1" = --yes ] && shift\nexec "$@"`)
  const shell = fences.filter(({ language }) => language === "sh")
  link(
    folder,
    programs,
    shell.flatMap(({ text }) => installedBy(text)),
  )

  // A line that begins with this character says which fence is next.
  const next = "\u001e"
  const lines = fences.flatMap((fence, index) => {
    const [file, name] = [fileOf(fence), nameOf(fence)]
    if (file !== undefined && name !== undefined)
      return [`mkdir -p "$(dirname ${name})" && cp "${root}${file}" ${name}`]
    if (fence.language !== "sh") return []
    const code = exitOf(fence)
    const text = runnable(fence.text).replaceAll("8787", String(mockPort))
    return [
      `printf '${next}${index}\\n'`,
      ...(code === 0
        ? [text]
        : [
            `set +e`,
            `( set -e`,
            text,
            `)`,
            `code=$?; set -e; [ $code = ${code} ] || { echo "exit code $code"; exit 1; }`,
          ]),
    ]
  })
  const child = spawn(
    "bash",
    [
      "--norc",
      "--noprofile",
      "-c",
      [
        "exec 2>&1",
        // Servers that are still there end with their page.
        `end() { code=$?; set +e; trap - EXIT; kill $(jobs -p) 2>/dev/null; wait; exit $code; }; trap end EXIT`,
        "set -e",
        ...lines,
      ].join("\n"),
    ],
    {
      cwd: folder,
      env: {
        PATH: [
          join(folder, "node_modules/.bin"),
          programs,
          dirname(process.execPath),
          process.env["PATH"],
        ].join(delimiter),
        HOME: home,
        TZ: "Asia/Shanghai",
        LANG: locale,
        NO_COLOR: "1",
        ...Cli.before(
          `const { now } = Date; const ahead = ${today * 1_000} - now(); Date.now = () => now() + ahead`,
        ),
        NODE_COMPILE_CACHE: join(tmpdir(), "feishu-meetings-compile-cache"),
        GOCACHE: join(base, "go"),
        GOPROXY: "off",
        GOTOOLCHAIN: "local",
        PYTHONDONTWRITEBYTECODE: "1",
        FEISHU_APP_ID: feishu.appId,
        FEISHU_APP_SECRET: feishu.appSecret,
        FEISHU_BASE_URL: feishu.url,
        FEISHU_REDIRECT_PORT: String(redirectPort),
      },
      stdio: ["ignore", "pipe", "inherit"],
      // With a group of its own, which ends when the test is over too early.
      detached: true,
    },
  )
  signal.addEventListener("abort", () => process.kill(-child.pid!, "SIGKILL"))
  // A reader's own folders, and the addresses of Feishu, which this mock is.
  const asOfReader = (output: string): string =>
    [
      [home, "/home/you"],
      [folder, "/home/you/work"],
      [`${feishu.url}/oauth/`, "https://accounts.feishu.cn/oauth/"],
      [`${feishu.url}/open-apis/authen/v1/`, "https://accounts.feishu.cn/open-apis/authen/v1/"],
      [feishu.url, "https://open.feishu.cn"],
      [String(mockPort), "8787"],
      [String(redirectPort), "17817"],
      ["feishu-meetings mock", "feishu-mock"],
    ].reduce((text, [here, there]) => text.replaceAll(here!, there!), output)
  let said = ""
  const opened = new Set<string>()
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    said += chunk
    for (const [found] of said.matchAll(address)) {
      if (opened.has(found)) continue
      opened.add(found)
      void signIn(feishu, found)
    }
  })
  const [code] = await once(child, "close")
  const printed = new Map<number, string>()
  for (const part of said.split(next).slice(1)) {
    const [index] = part.split("\n", 1)
    printed.set(Number(index), asOfReader(part.slice(index!.length + 1)))
  }
  return { code: code as number, printed }
}

describe.concurrent("what is typed in a shell on", () => {
  for (const name of names) {
    it(`${name}`, { timeout: 120_000 }, async ({ expect, onTestFinished, signal }) => {
      const base = await mkdtemp(join(tmpdir(), "effect-feishu-pages-"))
      onTestFinished(() => rm(base, { recursive: true, force: true }))
      const page = textOf(name)
      const fences = fencesIn(page)
      const locale = name.startsWith("zh-cn/") ? "zh_CN.UTF-8" : "en_GB.UTF-8"
      const { code, printed } = await typed(base, fences, locale, signal)
      const [last] = Array.from(printed).slice(-1)
      if (code !== 0)
        assert.fail(`exit code ${code} in:\n${fences[last?.[0] ?? 0]?.text}\nIt printed:\n${last?.[1]}`)

      let index = -1
      const asPrinted = page.replaceAll(fence, (whole, language: string, meta: string, text: string) => {
        index += 1
        if (!isPrinted(fences, index)) return whole
        const output = printed.get(index - 1)!
        return isShown(text, output) ? whole : `\`\`\`${language}${meta}\n${output.trimEnd()}\n\`\`\``
      })
      await expect(asPrinted).toMatchFileSnapshot(pages + name)
    })
  }
})
