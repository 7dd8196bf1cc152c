/** Makes the executable: `pnpm run mock:executable`. */
import { stat } from "node:fs/promises"
import { relative } from "node:path"
import * as Executable from "./Executable.ts"

try {
  const path = await Executable.make()
  const { size } = await stat(path)
  console.log(`${relative(process.cwd(), path)}: ${Math.round(size / 1e6)} MB`)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
