/**
 * A backfill of a million numbers and 21 windows without the network: what its plan costs, the size of its state, and how many units
 * one process drives when Feishu is not what it waits for. On a file of SQLite, and on a temporary PostgreSQL of Debian.
 */
import { fork } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Postgres from "../../../core/test/Postgres.ts"
import type { Measured, Options } from "../BackfillRunner.ts"
import { saidBy } from "../Child.ts"
import { part } from "../Measurement.ts"

const scale = { numbers: 1_000_000, windows: 21, seconds: 10 }
/** Units of 16,000 lanes at 100 requests a minute each. */
const wanted = 27_000

const drive = async (options: Options): Promise<Measured> => {
  const child = fork(new URL("../BackfillRunner.ts", import.meta.url), [JSON.stringify(options)])
  try {
    return await saidBy<Measured>("the runner", child, (said) => child.once("message", said))
  } finally {
    child.kill("SIGKILL")
  }
}

const onSqlite = async (lanes: number) => {
  const folder = mkdtempSync(join(tmpdir(), "feishu-backfill-scale-"))
  try {
    return await drive({ ...scale, lanes, database: join(folder, "backfill.sqlite") })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const onPostgres = async (lanes: number) => {
  await using postgres = await Postgres.start()
  return await drive({ ...scale, lanes, database: postgres.url })
}

const megabytes = (bytes: number) => bytes / 1_000_000
for (const [database, run] of [
  ["SQLite", onSqlite],
  ["PostgreSQL", onPostgres],
] as const) {
  for (const lanes of [1, 1_600, 16_000]) {
    const where = `${database}, ${lanes.toLocaleString("en")} ${lanes === 1 ? "lane" : "lanes"}`
    await part(
      () => run(lanes),
      [
        { what: `${where}: plan`, value: ({ planSeconds }) => planSeconds, unit: "s" },
        { what: `${where}: every lane is asked`, value: ({ askedSeconds }) => askedSeconds, unit: "s" },
        { what: `${where}: lanes that read while units are counted`, value: ({ begun }) => begun, unit: "" },
        { what: `${where}: units`, value: ({ unitsPerSecond }) => unitsPerSecond, unit: "units/s" },
        {
          what: `${where}: units for each second of processor`,
          value: ({ unitsPerProcessorSecond }) => unitsPerProcessorSecond,
          unit: "",
        },
        {
          what: `${where}: processors for ${wanted.toLocaleString("en")} units/s, without the network`,
          value: ({ unitsPerProcessorSecond }) => wanted / unitsPerProcessorSecond,
          unit: "",
        },
        { what: `${where}: memory`, value: ({ memory }) => megabytes(memory), unit: "MB" },
        {
          what: `${where}: state`,
          value: ({ driven }) => megabytes(driven),
          unit: "MB",
          ...(lanes === 1 ? { goal: 15 } : {}),
        },
      ],
    )
  }
}
