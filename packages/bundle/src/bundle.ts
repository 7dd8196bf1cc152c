/** Bundles entry points of a package with their dependencies, and collects the notices of these. */
import { rmSync, writeFileSync } from "node:fs"
import { isBuiltin } from "node:module"
import { fileURLToPath } from "node:url"
import { type Plugin, rolldown } from "rolldown"
import * as Notices from "./notices.ts"

/** Entry points that share their dependencies. */
export interface Entries {
  /** Modules in `src`, by their names without `.ts`, which are also their names in `dist`. */
  readonly entries: ReadonlyArray<string>
  /** Packages that are not bundled: the application provides them. */
  readonly external?: ReadonlyArray<string>
  /** True when modules that are loaded on demand get files of their own; default: true if there are several entries. */
  readonly chunks?: boolean
}

/** A module whose code is generated, and replaces that of the file. */
export interface Made {
  /** The path of the module. */
  readonly file: string
  readonly code: string
  /** The paths of the modules from which the code was generated. */
  readonly of: ReadonlyArray<string>
}

/**
 * Writes the bundles of a package, each with a copy of effect and its other dependencies, and `THIRD-PARTY-NOTICES.txt` next to
 * them.
 */
export const bundle = async (
  folder: URL,
  bundles: ReadonlyArray<Entries>,
  made: ReadonlyArray<Made> = [],
): Promise<void> => {
  const at = (path: string) => fileURLToPath(new URL(path, folder))
  rmSync(at("dist/chunks"), { recursive: true, force: true })
  const modules = made.flatMap(({ of }) => of)
  for (const { entries, external = [], chunks = entries.length > 1 } of bundles) {
    const build = await rolldown({
      input: Object.fromEntries(entries.map((entry) => [entry, at(`src/${entry}.ts`)])),
      platform: "node",
      external: external.map((name) => new RegExp(`^${name}(/|$)`)),
      transform: {
        // Older than what the packages require, so that an old Node can parse the code that reports this.
        target: "node18",
        // Names that only ES modules or only CommonJS have: a bundler of an application may convert the module, or
        // guess its kind wrong.
        define: { "import.meta.env": "undefined", __filename: "undefined" },
      },
      plugins: [light, builtins, inPlace(made)],
    })
    const { output } = await build.write({
      dir: at("dist"),
      chunkFileNames: "chunks/[name].js",
      format: "esm",
      // The only module that promise loads on demand is undici, which it always needs.
      codeSplitting: chunks,
      // Not minified: stack traces and the installed code must be readable.
      comments: { annotation: false, jsdoc: false, legal: true },
      minify: "dce-only",
    })
    for (const chunk of output) {
      if (chunk.type === "chunk") modules.push(...Object.keys(chunk.modules))
    }
  }
  writeFileSync(at(`dist/${Notices.fileName}`), noticesOf(modules))
}

/** A program as one file of CommonJS, and the notices of what is in it. */
export interface Script {
  readonly code: string
  readonly notices: string
}

/** Bundles a program with everything that it imports into one file. It must not have a top-level `await`. */
export const bundleScript = async (program: URL, made: ReadonlyArray<Made>): Promise<Script> => {
  await using build = await rolldown({
    input: fileURLToPath(program),
    platform: "node",
    transform: { define: { "import.meta.env": "undefined", __filename: "undefined" } },
    plugins: [light, builtins, inPlace(made)],
  })
  const {
    output: [script],
  } = await build.generate({
    format: "cjs",
    codeSplitting: false,
    // Not minified: stack traces must be readable.
    comments: { annotation: false, jsdoc: false, legal: true },
    minify: "dce-only",
  })
  const modules = [...made.flatMap(({ of }) => of), ...Object.keys(script.modules)]
  return { code: script.code, notices: noticesOf(modules) }
}

/** Replaces modules by those that were made from them. */
const inPlace = (made: ReadonlyArray<Made>): Plugin => ({
  name: "in place",
  load: (id) => made.find(({ file }) => id === file)?.code,
})

/** Returns the notices of the packages that have these modules. */
const noticesOf = (modules: ReadonlyArray<string>): string =>
  Notices.noticesOf(
    modules.flatMap(
      // Windows writes C:\\ and backslashes; what has no path begins with a NUL.
      (id) => /^[^\0].*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+[\\/]/.exec(id)?.[0] ?? [],
    ),
  )

/**
 * Replaces modules that are never used, but would slow down every start, or could not be loaded:
 *
 * - `@mswjs/data` makes handlers for `msw` from its models, compares dates, and uses one function of all of lodash.
 * - `@effect/platform-node` requires `node:http` by the address of its own file: see `builtins`.
 * - `ws` tries two packages of native code, which are not installed with a bundle.
 */
const light: Plugin = {
  name: "light",
  resolveId: (id, importer) =>
    replaced.some(({ by, name }) => importer?.includes(by) === true && name.test(id))
      ? `\0light:${id}`
      : undefined,
  load: (id) =>
    id.startsWith("\0light:")
      ? replaced.find(({ name }) => name.test(id.slice("\0light:".length)))?.code
      : undefined,
}

/**
 * Loads the modules of Node that CommonJS inside the bundle requires. Rolldown would make a `require` from
 * `import.meta.url`, which is undefined once an application's own bundler has converted the bundle to CommonJS.
 *
 * `node:http` is never imported either: an import reads everything that it exports, and with `WebSocket` all of undici.
 */
const builtins: Plugin = {
  name: "builtins",
  resolveId: (id, _importer, { kind }) =>
    id === "node:http" || (kind === "require-call" && isBuiltin(id)) ? `\0builtin:${id}` : undefined,
  load: (id) =>
    id.startsWith("\0builtin:")
      ? `module.exports = process.getBuiltinModule(${JSON.stringify(id.slice("\0builtin:".length))})`
      : undefined,
}

const replaced = [
  {
    by: "/@mswjs/data/",
    name: /\/generate(Rest|GraphQL)Handlers$/,
    code: `exports.generateRestHandlers = exports.generateGraphQLHandlers = exports.generateGraphQLSchema = () => { throw new Error("msw is not in this bundle") }`,
  },
  {
    by: "/@mswjs/data/",
    name: /^date-fns$/,
    code: `exports.compareAsc = () => { throw new Error("dates are not in this bundle") }`,
  },
  {
    by: "/@mswjs/data/",
    name: /^lodash$/,
    code: `exports.isFunction = (value) => typeof value === "function"`,
  },
  {
    by: "/@effect/platform-node/",
    name: /\/internal\/http\.js$/,
    code: `export const [http, https] = ["node:http", "node:https"].map((name) => process.getBuiltinModule(name))`,
  },
  {
    by: "/ws/",
    name: /^(bufferutil|utf-8-validate)$/,
    code: `throw new Error("native code is not in this bundle")`,
  },
]
