/**
 * The checklist of CONTRIBUTING.md for an endpoint, checked: each endpoint of the contract has its parts in every package. A
 * failure lists the files that are still to be written, in the order of the checklist.
 */
import { assert, describe, it } from "@effect/vitest"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { ErrorCodes } from "@effect-feishu/contract"

const root = new URL("../../../", import.meta.url)
const read = (path: string): string => {
  const file = new URL(path, root)
  return existsSync(file) ? readFileSync(file, "utf8") : ""
}
const readAll = (folder: string, name: RegExp): string =>
  readdirSync(new URL(folder, root), { recursive: true })
    .map(String)
    .filter((path) => name.test(path) && !path.includes("node_modules"))
    .map((path) => read(`${folder}/${path}`))
    .join("\n")

/** What a module of the contract says of an endpoint. */
interface Declared {
  readonly path?: unknown
  readonly Query?: unknown
  readonly Data?: unknown
  readonly scopes?: ReadonlyArray<string>
  readonly codes?: ReadonlyArray<{ readonly code: number }>
}

const sources = readdirSync(new URL("packages/contract/src", root))
  .filter((name) => /^[A-Z]\w+\.ts$/.test(name))
  .map((name) => name.replace(".ts", ""))
const modules = await Promise.all(
  sources.map(async (name) => [name, (await import(`../src/${name}.ts`)) as Declared] as const),
)
/** The endpoints that read: a query in, data out. */
const endpoints = modules.filter(
  ([, { Data, Query, path }]) => Data !== undefined && Query !== undefined && typeof path === "string",
)
/** Those that belong to signing in: `Signer` of core calls them, and the mock has them outside of its gateway. */
const ofSignIn = ["UserInfo"]

const core = readAll("packages/core/src", /\.ts$/)
const contractTests = readAll("packages/contract/test", /(?<!endpoints)\.test\.ts$/)
const mockTests = readAll("mock-server/test", /\.test\.ts$/)
const operations = read("mock-server/src/protocol/Operations.ts")

/** A part: the file that has it, what is to be written there, and whether it is. */
type Part = readonly [file: string, write: string, isThere: boolean]

const everywhere = (name: string, { codes = [], path }: Declared): ReadonlyArray<Part> => {
  const route = `GET ${String(path)}`
  const source = `packages/contract/src/${name}.ts`
  const unknown = codes.filter(({ code }) => ErrorCodes.find(code) === undefined).map(({ code }) => code)
  return [
    [source, `a comment that begins with \`${route}\``, read(source).startsWith(`/**\n * \`${route}\``)],
    [source, "scopes and codes", /export const scopes\b/.test(read(source)) && codes.length > 0],
    [
      "packages/contract/src/index.ts",
      `export * as ${name}`,
      read("packages/contract/src/index.ts").includes(`export * as ${name} from`),
    ],
    [
      "packages/contract/src/ErrorCodes.ts",
      `[${name}.path]: ${name}.codes in endpoints`,
      ErrorCodes.endpoints[String(path)] === codes,
    ],
    [
      "packages/contract/src/ErrorCodes.ts",
      `the codes ${unknown.join(", ")} in the catalogue`,
      unknown.length === 0,
    ],
    [
      "packages/contract/ERRORS.md",
      "npx --yes pnpm@12 exec vitest run packages/contract/test/errors-table.test.ts -u writes it",
      read("packages/contract/ERRORS.md").includes(`### \`${route}\``),
    ],
    ...["README.md", "README.zh-CN.md"].map((readme): Part => [
      `packages/contract/${readme}`,
      `\`${name}\` in the table of modules`,
      read(`packages/contract/${readme}`).includes(`\`${name}\``),
    ]),
    [
      "packages/cli/src/language/Chinese.ts",
      `[${name}.path] in codesOn: its codes in Chinese`,
      read("packages/cli/src/language/Chinese.ts").includes(`[${name}.path]`),
    ],
    [
      "mock-server/src/protocol/Operations.ts",
      `its name in fault rules and in the journal, with \`GET \${${name}.path}\`; the compiler then asks for it in PublicTypes.ts and in the languages of the inspector`,
      operations.includes(`\`GET \${${name}.path}\``),
    ],
    [
      "mock-server/FIDELITY.md",
      `a row for \`${route}\`, with its source and its test; then its check in mock-server/src/conformance, or the reason in notChecked.ts`,
      read("mock-server/FIDELITY.md").includes(`\`${route}\``),
    ],
    [
      "mock-server/FIDELITY.zh-CN.md",
      "the same row in Chinese",
      read("mock-server/FIDELITY.zh-CN.md").includes(`\`${route}\``),
    ],
  ]
}

const ofReads = (name: string, { scopes = [] }: Declared): ReadonlyArray<Part> => {
  const source = `packages/contract/src/${name}.ts`
  const handler = `mock-server/src/feishu/${name}.ts`
  const routes = read("mock-server/src/feishu/routes.ts")
  const [, operation = ""] = new RegExp(`"([\\w.]+)": \`GET \\$\\{${name}\\.path\\}\``).exec(operations) ?? []
  const called = new RegExp(
    `export const (\\w+)[^=]*= FeishuClient\\.endpoint\\(\\s*(?:\\{\\s*\\.\\.\\.)?${name}\\b`,
  ).exec(core)?.[1]
  return [
    [
      source,
      "rateLimits and refusals",
      /export const rateLimits?\b/.test(read(source)) && /export const refusals\b/.test(read(source)),
    ],
    [
      `packages/contract/test/${name}.test.ts`,
      `the documented answer, decoded by ${name}.Data`,
      new RegExp(`\\b${name}\\.Data\\b`).test(contractTests),
    ],
    [
      "packages/core/src/internal",
      `export const … = FeishuClient.endpoint(${name}, …)`,
      called !== undefined,
    ],
    [
      "packages/core/src/Meetings.ts, or another service",
      `a function that calls it, and ${called ?? "its endpoint"} among the endpoints`,
      called !== undefined && isPublic(called),
    ],
    ...["README.md", "README.zh-CN.md"].map((readme): Part => [
      `packages/core/${readme}`,
      `its scope ${scopes[0]}, and what reads it`,
      scopes[0] !== undefined && read(`packages/core/${readme}`).includes(scopes[0]),
    ]),
    [
      "packages/cli/src/input/Scopes.ts",
      `${name}.scopes, for doctor and login`,
      read("packages/cli/src/input/Scopes.ts").includes(`${name}.scopes`),
    ],
    [
      handler,
      "access, endpoint and handle, like GetRecording.ts",
      ["access", "endpoint", "handle"].every((part) => read(handler).includes(`export const ${part}`)),
    ],
    ...["endpoint", "handle", "access"].map((part): Part => [
      "mock-server/src/feishu/routes.ts",
      `${name}.${part}`,
      routes.includes(`${name}.${part}`),
    ]),
    [
      "mock-server/src/protocol/Scopes.ts",
      `...${name}.scopes`,
      read("mock-server/src/protocol/Scopes.ts").includes(`${name}.scopes`),
    ],
    [
      `mock-server/test/${name}.test.ts`,
      "what it answers: the documented body to the letter, and each of its codes",
      new RegExp(`\\b${name}\\.path\\b|/${name}\\.ts"`).test(mockTests) ||
        existsSync(new URL(`mock-server/test/${name}.test.ts`, root)),
    ],
    [
      "mock-server/test/sdk….test.ts",
      `the official SDK reads it: a test that names ${operation || "the operation"}`,
      operation !== "" && readAll("mock-server/test", /sdk(?!Errors)\w*\.test\.ts$/).includes(operation),
    ],
    [
      "mock-server/test/sdkErrors.test.ts",
      `a row at: "${operation}" for each of its codes`,
      operation === "meetings.listByNo" ||
        new RegExp(`at: "${operation}"|const \\w+ = "${operation}"`).test(
          read("mock-server/test/sdkErrors.test.ts"),
        ),
    ],
  ]
}

/** True when a module of core that applications import has this name. */
const isPublic = (name: string): boolean =>
  readdirSync(new URL("packages/core/src", root))
    .filter((file) => file.endsWith(".ts"))
    .some((file) => new RegExp(`export const ${name}\\b`).test(read(`packages/core/src/${file}`)))

describe("CONTRIBUTING's way to an endpoint", () => {
  it("was gone for the endpoints that there are", () => {
    const names = endpoints.map(([name]) => name)
    for (const name of ["GetMeeting", "GetRecording", "ListByNo", "UserInfo"]) assert.include(names, name)
  })

  it.each(endpoints)("%s has all its parts", (name, declared) => {
    const parts = [...everywhere(name, declared), ...(ofSignIn.includes(name) ? [] : ofReads(name, declared))]
    assert.deepStrictEqual(
      parts.filter(([, , isThere]) => !isThere).map(([file, write]) => `${file}: ${write}`),
      [],
    )
  })

  it("says where each part is", () => {
    const guide = read("CONTRIBUTING.md")
    assert.include(guide, "packages/contract/test/endpoints.test.ts")
    const [example] = endpoints.filter(([name]) => name === "GetRecording")
    for (const [file] of [...everywhere(...example!), ...ofReads(...example!)]) {
      const [path] = file.split(",")
      const name = path!.split("/").at(-1)!.replace("GetRecording", "<Endpoint>")
      if (name !== "<Endpoint>.test.ts") assert.include(guide, name)
    }
  })
})
