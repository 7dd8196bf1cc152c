/** Checks the tarballs of all packages, and their sizes: `pnpm run check:packages`, after a build. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Budgets from "./budgets.ts"
import { findings } from "./findings.ts"
import { pack } from "./Tarballs.ts"

const folder = await mkdtemp(join(tmpdir(), "feishu-packed-"))
try {
  const packed = await pack(folder)
  const sizes = await Budgets.sizes(packed, folder)
  for (const { budget, size, what } of sizes) {
    console.log(`${size.toFixed(1).padStart(7)} of ${String(budget).padStart(5)} kB  ${what}`)
  }
  const wrong = await Promise.all(packed.map(({ tarball }) => findings(tarball)))
  for (const line of [...wrong.flat(), ...Budgets.over(sizes)]) {
    console.error(line)
    process.exitCode = 1
  }
} finally {
  await rm(folder, { recursive: true })
}
