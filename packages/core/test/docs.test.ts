/**
 * The doc comments of what an application can import, and the READMEs of the packages: every export has a sentence, and
 * every example runs.
 */
import { afterAll, afterEach, assert, beforeAll, describe, it, vi } from "@effect/vitest"
import { type Started, startFeishuMock } from "@effect-feishu/mock-server"
import { DateTime } from "effect"
import { execFile } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { posix } from "node:path"
import { fileURLToPath } from "node:url"
import { format } from "node:util"

const root = new URL("../../../", import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), "utf8")

/** The entry points of a package, and the modules of its own that they export. */
const modulesOf = (folder: string): ReadonlyArray<string> => {
  const { exports, publishConfig } = JSON.parse(read(`${folder}/package.json`)) as {
    readonly exports: Record<string, string | null>
    readonly publishConfig: { readonly exports: Record<string, unknown> }
  }
  // What a pattern opens, the index names, too.
  const paths = Object.entries(exports).flatMap(([name, entry]) => {
    // Packages of this repository may import more than what is published.
    if (!(name in publishConfig.exports) || entry === null || entry.includes("*")) return []
    return withExported(posix.join(folder, entry))
  })
  return [...new Set(paths)]
}

/** A module, and the modules that it exports: of one that it exports as a whole, those, too. */
const withExported = (path: string): ReadonlyArray<string> => {
  const exported = read(path).matchAll(/^export (\* from|[*{])[^"]*"(\.\/.+)"/gm)
  return [
    path,
    ...Array.from(exported).flatMap(([, how, module]) => {
      const other = posix.join(path, "..", module!)
      return how === "* from" ? withExported(other) : [other]
    }),
  ]
}

/** The doc comments of a source, without their stars, each with the line that it starts in and the code behind it. */
const docsOf = (source: string) =>
  Array.from(source.matchAll(/^ *\/\*\*.*?\*\/\n/gms), ({ 0: comment, index }) => ({
    line: source.slice(0, index).split("\n").length,
    text: comment.replaceAll(/^ *\/?\*+(?:\/$| ?)|\*\/$/gm, ""),
    code: source.slice(index + comment.length).split("\n", 1)[0]!,
  }))

/** Whether there is a sentence before any example. */
const saysSomething = ({ text }: { readonly text: string }): boolean =>
  /\p{L}.*[.:]/su.test(text.split(/^@/m, 1)[0]!)

const examplesOf = (source: string) =>
  docsOf(source).flatMap((doc) =>
    Array.from(doc.text.matchAll(/^```ts\n(.*?)^```$/gms), ({ 1: program, index }) => ({
      name: /^ *(?:export (?:abstract )?\w+|static|readonly|get) (\w+)/.exec(doc.code)?.[1] ?? "the module",
      line: doc.line + doc.text.slice(0, index).split("\n").length,
      program: program!,
    })),
  )

// Inside a package from where everything that an example imports is found; not in node_modules, where types are not
// stripped.
const folder = new URL("packages/core/.doc-examples/", root)
const folders: Readonly<Record<string, string>> = {
  backfill: "../../backfill/.doc-examples/",
  promise: "../../promise/.doc-examples/",
}
const folderOf = (module: string): string => folders[module.split("/")[1]!] ?? ""

/** Written only where it differs, or `vitest watch` would run for ever. */
const write = (name: string, content: string): string => {
  const path = fileURLToPath(new URL(name, folder))
  if (!existsSync(path) || readFileSync(path, "utf8") !== content) writeFileSync(path, content)
  return path
}

for (const under of ["", ...Object.values(folders)]) mkdirSync(new URL(under, folder), { recursive: true })
const packages = [
  "packages/contract",
  "packages/core",
  "packages/backfill",
  "packages/promise",
  "mock-server",
]
const modules = packages.flatMap(modulesOf).map((module) => {
  const source = read(module)
  const under = folderOf(module)
  return {
    module,
    docs: docsOf(source),
    exported: source.match(/^export (?![*{]).*$/gm) ?? [],
    examples: examplesOf(source).map((example, index) => {
      const file = under + module.replaceAll("/", "-").replace(/ts$/, `${index + 1}.ts`)
      // At the line where it is in the module, so that what a compiler or a stack says is true of that, too.
      return { ...example, file, path: write(file, "\n".repeat(example.line - 1) + example.program) }
    }),
  }
})

/** The programs of the READMEs that state what they print; readme.test.ts holds the others to files. */
const readmes = ["contract", "core", "promise"].map((name) => {
  const module = `packages/${name}/README.md`
  const source = read(module)
  const under = folderOf(module)
  const programs = Array.from(source.matchAll(/^```ts\n(.*?)^```$/gms)).filter(([, program]) =>
    program!.includes("// =>"),
  )
  return {
    module,
    examples: programs.map(({ 1: program, index }, position) => {
      const line = source.slice(0, index).split("\n").length + 1
      const file = `${under}${name}-README-${position + 1}.ts`
      return {
        name: "the README",
        line,
        program: program!,
        file,
        path: write(file, "\n".repeat(line - 1) + program),
      }
    }),
  }
})
const examples = [...modules, ...readmes].flatMap(({ examples }) => examples)

/** What the compiler says of all examples, held to the options of the packages. */
const compiled = new Promise<ReadonlyArray<string>>((resolve) => {
  const project = write(
    "tsconfig.json",
    JSON.stringify({
      extends: "../../../tsconfig.json",
      files: examples.map(({ file }) => file),
      include: [],
    }),
  )
  const tsc = fileURLToPath(new URL("node_modules/typescript/bin/tsc", root))
  execFile(
    process.execPath,
    [tsc, "--project", project, "--pretty", "false"],
    { cwd: folder },
    (error, stdout) => resolve(error === null ? [] : (stdout || error.message).trim().split(/\n(?! )/)),
  )
})

/** The lines that an example prints until it has ended. */
const printedBy = async (path: string): Promise<ReadonlyArray<string>> => {
  const lines: Array<string> = []
  for (const method of ["log", "info", "warn", "error"] as const) {
    vi.spyOn(console, method).mockImplementation((...args) => {
      lines.push(...format(...args).split("\n"))
    })
  }
  await import(path)
  return lines
}

/** The lines that it says it prints; one that ends in … is the start of a line. */
const statedBy = (program: string, printed: ReadonlyArray<string>): ReadonlyArray<string> =>
  Array.from(program.matchAll(/\/\/ => ?(.*)$/gm), ([, stated], index) =>
    stated!.endsWith("…") && printed[index]?.startsWith(stated!.slice(0, -1)) ? printed[index] : stated!,
  )

const daysAgo = (days: number) =>
  Math.floor(DateTime.toEpochMillis(DateTime.subtract(DateTime.nowUnsafe(), { days })) / 1000)

let feishu: Started
beforeAll(async () => {
  feishu = await startFeishuMock({
    seed: {
      meetings: [
        { id: "7628568641385449001", meeting_no: "337736498", topic: "Kick-off", start_time: daysAgo(15) },
        { id: "7631166230414229002", meeting_no: "337736498", topic: "Review", start_time: daysAgo(8) },
        {
          id: "7633763819443009003",
          meeting_no: "337736498",
          topic: "Retrospective",
          start_time: daysAgo(1),
        },
        { id: "7633392735296041004", meeting_no: "146453285", topic: "测试标题", start_time: daysAgo(2) },
      ],
    },
  })
  vi.stubEnv("FEISHU_APP_ID", feishu.appId)
  vi.stubEnv("FEISHU_APP_SECRET", feishu.appSecret)
  vi.stubEnv("FEISHU_BASE_URL", feishu.url)
  vi.stubEnv("FEISHU_ACCESS_TOKEN", undefined)
  vi.stubEnv("FEISHU_BRAND", undefined)
})
afterEach(() => {
  vi.restoreAllMocks()
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await feishu.close()
})

it("nothing but an example keeps the examples from compiling", async () => {
  const others = (await compiled).filter((fault) => !examples.some(({ file }) => fault.startsWith(file)))
  assert.deepStrictEqual(others, [])
})

it("every module has an example", () => {
  // An entry point that only exports others leaves it to them.
  const without = modules.filter(({ examples, exported }) => exported.length > 0 && examples.length === 0)
  assert.deepStrictEqual(
    without.map(({ module }) => module),
    [],
  )
})

const itRuns = ({ file, line, name, path, program }: (typeof examples)[number]) =>
  it(`the example of ${name}, line ${line}, compiles and prints what it says`, async () => {
    assert.deepStrictEqual(
      (await compiled).filter((fault) => fault.startsWith(file)),
      [],
    )
    const printed = await printedBy(path)
    assert.deepStrictEqual(printed, statedBy(program, printed))
  })

for (const { docs, examples, exported, module } of modules) {
  describe(`${module}`, () => {
    it("says what it is, and what each of its exports is", () => {
      const said = docs.filter(saysSomething)
      const documented = new Set(said.map(({ code }) => code))
      assert.strictEqual(said[0]?.line, 1)
      assert.deepStrictEqual(
        exported.filter((line) => !documented.has(line)),
        [],
      )
    })

    for (const example of examples) itRuns(example)
  })
}

for (const { examples, module } of readmes) {
  describe(`${module}`, () => {
    for (const example of examples) itRuns(example)
  })
}
