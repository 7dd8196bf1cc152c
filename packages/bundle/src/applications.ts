/** What becomes of our packages within applications that are bundled, for the tests that run such applications. */
import { join } from "node:path"
import { build } from "esbuild"
import { rolldown } from "rolldown"

/**
 * Bundles a program of a folder with all that it imports but `external`, and gives the name of the file to run. The
 * program has neither `import.meta` nor an `await` at its top: CommonJS has none.
 */
type Bundler = (folder: string, program: string, external?: ReadonlyArray<string>) => Promise<string>

const byEsbuild =
  (format: "cjs" | "esm", name: string, minify = false): Bundler =>
  async (folder, program, external = []) => {
    await build({
      absWorkingDir: folder,
      entryPoints: [program],
      outfile: name,
      bundle: true,
      platform: "node",
      format,
      minify,
      external: [...external],
      logLevel: "silent",
    })
    return name
  }

const byRolldown =
  (format: "cjs" | "esm", name: string): Bundler =>
  async (folder, program, external = []) => {
    const bundle = await rolldown({ cwd: folder, input: program, platform: "node", external: [...external] })
    await bundle.write({ file: join(folder, name), format, codeSplitting: false })
    return name
  }

/** The bundlers that applications use, by what they make. Vite builds with rolldown. */
export const bundlers: Readonly<Record<string, Bundler>> = {
  // What AWS CDK, Serverless and Electron's main process run.
  "CommonJS by esbuild": byEsbuild("cjs", "esbuild.cjs"),
  "minified CommonJS by esbuild": byEsbuild("cjs", "esbuild.min.cjs", true),
  "a module by esbuild": byEsbuild("esm", "esbuild.mjs"),
  "CommonJS by rolldown": byRolldown("cjs", "rolldown.cjs"),
  "a module by rolldown": byRolldown("esm", "rolldown.mjs"),
}
