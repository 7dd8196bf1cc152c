/** Outputs that are workbooks: runs that end early, passwords, and those of get. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { readXlsx } from "hucre/xlsx"
import * as Cli from "./Cli.ts"
import * as Scripted from "./ScriptedFeishu.ts"

const { meetingNo, twoPages } = Scripted

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "feishu-meetings-"))
})
afterAll(() => rmSync(folder, { recursive: true }))

const idsIn = async (workbook: Uint8Array) => {
  const { sheets } = await readXlsx(workbook)
  return sheets.flatMap(({ rows }) => rows.map(([id]) => id))
}
const allIds = ["id", ...Scripted.rows(1, 60).map(({ id }) => id)]

describe.concurrent("a workbook", () => {
  it("of a run that ends early keeps its rows as ndjson, and is whole in a pipe", async () => {
    await using scripted = await Scripted.start((response, query, index) =>
      query.get("page_token") === null
        ? twoPages(response, query, index)
        : Scripted.json(response, { code: 121005 }, 403),
    )
    const file = join(folder, "early.xlsx")
    const { environment } = scripted
    const [written, piped] = await Promise.all([
      Cli.run(["list", meetingNo, "--output", file], environment),
      Cli.shell(`feishu-meetings list ${meetingNo} --format xlsx >${folder}/early-piped`, environment),
    ])
    assert.deepStrictEqual([written.code, piped.code], [3, 3])
    assert.include(written.lastLine, `the rows so far are in ${file}.part, as ndjson`)
    assert.match(written.stderr, /--format xlsx --output \S*early\.2\.xlsx\n/)
    assert.deepStrictEqual(Cli.ids(readFileSync(`${file}.part`, "utf8")), allIds.slice(1, 51))
    assert.isFalse(existsSync(file))
    assert.deepStrictEqual(await idsIn(readFileSync(join(folder, "early-piped"))), allIds.slice(0, 51))
  })

  it("with passwords can be read by its owner only, and has them on request alone", async () => {
    await using scripted = await Scripted.start((response) =>
      Scripted.page(response, Scripted.rows(1, 1, { password: "204816" })),
    )
    const [plain, shown] = [join(folder, "plain.xlsx"), join(folder, "passwords.xlsx")]
    const args = ["list", meetingNo, "--output"]
    await Promise.all([
      Cli.run([...args, plain], scripted.environment),
      Cli.run([...args, shown, "--show-passwords"], scripted.environment),
    ])
    const cellsOf = async (file: string) =>
      (await readXlsx(readFileSync(file))).sheets.flatMap(({ rows }) => rows.flat())
    assert.notInclude(await cellsOf(plain), "204816")
    assert.include(await cellsOf(shown), "204816")
    assert.strictEqual(statSync(shown).mode & 0o777, 0o600)
  })

  it("is what get writes to a name that says it", async () => {
    const details = { meeting: { id: "7672989999303099091", topic: "1-2", start_time: "1786507200" } }
    await using scripted = await Scripted.start((response) =>
      Scripted.json(response, { code: 0, data: details }),
    )
    const file = join(folder, "details.xlsx")
    const args = ["get", "7672989999303099091", "--fields", "id,topic,start_time"]
    const refused = await Cli.run([...args, "--output", file, "--format", "csv"], scripted.environment)
    assert.include(refused.stderr, "--format: csv does not fit the file name")
    assert.lengthOf(scripted.paths, 0)
    assert.strictEqual((await Cli.run([...args, "--output", file], scripted.environment)).code, 0)
    const { sheets } = await readXlsx(readFileSync(file))
    assert.deepStrictEqual(sheets[0]?.rows, [
      ["id", "topic", "start_time"],
      ["7672989999303099091", "1-2", new globalThis.Date("2026-08-12T12:00:00Z")],
    ])
  })
})
