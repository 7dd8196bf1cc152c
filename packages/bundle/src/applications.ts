/** Bundles applications that use the packages of this repository, for the tests that run such applications. */
import { join } from "node:path"
import { build } from "esbuild"
import { rolldown } from "rolldown"

/**
 * Bundles a program of a folder with everything that it imports except `external`, and returns the name of the file to
 * run. The program must not have `import.meta` or a top-level `await`, which CommonJS does not have.
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

/** The bundlers that applications use, by their output. Vite builds with rolldown. */
export const bundlers: Readonly<Record<string, Bundler>> = {
  // AWS CDK, Serverless and Electron's main process run this.
  "CommonJS by esbuild": byEsbuild("cjs", "esbuild.cjs"),
  "minified CommonJS by esbuild": byEsbuild("cjs", "esbuild.min.cjs", true),
  "a module by esbuild": byEsbuild("esm", "esbuild.mjs"),
  "CommonJS by rolldown": byRolldown("cjs", "rolldown.cjs"),
  "a module by rolldown": byRolldown("esm", "rolldown.mjs"),
}

/** Bundles a program of a folder as a Worker, as Cloudflare's own tool does. A module of Node in it is an error. */
export const bundleWorker = async (folder: string, program: string, name: string): Promise<void> => {
  await build({
    absWorkingDir: folder,
    entryPoints: [program],
    outfile: name,
    bundle: true,
    platform: "browser",
    conditions: ["workerd", "worker", "browser"],
    format: "esm",
    logLevel: "silent",
  })
}

/** Bundles a program into one file of CommonJS, as one that a test starts often: it then starts in a fifth of the time. */
export const bundleProgram = async (program: string, file: string): Promise<void> => {
  await build({
    entryPoints: [program],
    outfile: file,
    bundle: true,
    platform: "node",
    format: "cjs",
    minify: true,
    logLevel: "silent",
  })
}
