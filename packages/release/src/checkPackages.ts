/** Checks the tarballs of all packages: `pnpm run check:packages`, after a build. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { findings } from "./findings.ts"
import { pack } from "./Tarballs.ts"

const folder = await mkdtemp(join(tmpdir(), "feishu-packed-"))
try {
  for (const { tarball } of await pack(folder)) {
    for (const line of await findings(tarball)) {
      console.error(line)
      process.exitCode = 1
    }
  }
} finally {
  await rm(folder, { recursive: true })
}
