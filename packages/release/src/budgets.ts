/** How large packages may be: a change that makes one larger than its budget raises the budget, where reviewers see it. */
import { execFile } from "node:child_process"
import { mkdir, readFile, symlink } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"
import { gzipSync } from "node:zlib"
import { createPackageFromTarballData } from "@arethetypeswrong/core"
import { build } from "esbuild"
import { pathOf } from "./PublicPackages.ts"
import type { Packed } from "./Tarballs.ts"

/** Kilobytes (1,000 bytes) that npm downloads, and that it writes to the disk: about a twentieth more than there is. */
const packages: Readonly<Record<string, { readonly tarball: number; readonly unpacked: number }>> = {
  "mock-server": { tarball: 1_790, unpacked: 6_700 },
  backfill: { tarball: 130, unpacked: 475 },
  cli: { tarball: 2_300, unpacked: 8_700 },
  contract: { tarball: 85, unpacked: 385 },
  core: { tarball: 365, unpacked: 1_380 },
  promise: { tarball: 680, unpacked: 2_760 },
}

/** Applications of the packages: kilobytes once they are bundled, minified and gzipped. */
const applications: ReadonlyArray<{
  readonly what: string
  readonly program: string
  readonly platform: "browser" | "neutral"
  readonly gzipped: number
}> = [
  {
    what: "promise in a worker",
    program: `export * from "@effect-feishu/promise"`,
    platform: "browser",
    gzipped: 118,
  },
  {
    what: "core's smallest program: one call, its HTTP client left to the application",
    program: `
      import * as AccessToken from "@effect-feishu/core/AccessToken"
      import * as FeishuClient from "@effect-feishu/core/FeishuClient"
      import { listByNo } from "@effect-feishu/core/Meetings"
      import * as Secret from "@effect-feishu/core/Secret"
      import { MeetingNo } from "@effect-feishu/contract/MeetingNo"
      import * as Effect from "effect/Effect"

      export const main = FeishuClient.FeishuClient.use((client) =>
        client.call(listByNo, { meeting_no: MeetingNo.make("337736498"), start_time: 1, end_time: 2 }),
      ).pipe(
        Effect.provide(FeishuClient.layer({ credentials: AccessToken.given(Secret.accessToken("t-1")) })),
      )
    `,
    platform: "neutral",
    gzipped: 80,
  },
]

/** A size in kilobytes, and its budget. */
export interface Size {
  readonly what: string
  readonly size: number
  readonly budget: number
}

const kilobytes = (bytes: number): number => bytes / 1000

const sizesOf = async ({ name, tarball }: Packed): Promise<ReadonlyArray<Size>> => {
  const bytes = await readFile(tarball)
  const files = createPackageFromTarballData(new Uint8Array(bytes))
  const unpacked = files
    .listFiles()
    .reduce((sum, file) => sum + Buffer.byteLength(files.tryReadFile(file) ?? ""), 0)
  const budget = packages[name]
  return [
    { what: `${name}: tarball`, size: kilobytes(bytes.length), budget: budget?.tarball ?? 0 },
    { what: `${name}: unpacked`, size: kilobytes(unpacked), budget: budget?.unpacked ?? 0 },
  ]
}

/** Measures tarballs, and applications that use them; `folder` is an empty one for these. */
export const sizes = async (packed: ReadonlyArray<Packed>, folder: string): Promise<ReadonlyArray<Size>> => {
  const modules = join(folder, "node_modules")
  for (const { manifest, tarball } of packed) {
    const to = join(modules, manifest.name)
    await mkdir(to, { recursive: true })
    await promisify(execFile)("tar", ["-xzf", tarball, "-C", to, "--strip-components=1"])
  }
  await symlink(pathOf("packages/core/node_modules/effect"), join(modules, "effect"))
  const bundled = applications.map(async ({ gzipped, platform, program, what }): Promise<Size> => {
    const { outputFiles } = await build({
      stdin: { contents: program, resolveDir: folder },
      bundle: true,
      minify: true,
      format: "esm",
      platform,
      // As Cloudflare's own tool does.
      ...(platform === "browser" ? { conditions: ["workerd", "worker", "browser"] } : {}),
      write: false,
    })
    const size = kilobytes(gzipSync(outputFiles[0]!.contents, { level: 9 }).length)
    return { what: `${what}, minified and gzipped`, size, budget: gzipped }
  })
  return [...(await Promise.all(packed.map(sizesOf))).flat(), ...(await Promise.all(bundled))]
}

/** Returns a line for each size that is over its budget. */
export const over = (sizes: ReadonlyArray<Size>): ReadonlyArray<string> =>
  sizes
    .filter(({ budget, size }) => size > budget)
    .map(
      ({ budget, size, what }) =>
        `${what}: ${size.toFixed(1)} kB, and its budget in packages/release/src/budgets.ts is ${budget} kB`,
    )
