import { execFile } from "node:child_process"
import { readFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { startFeishuMock } from "@effect-feishu/mock-server"
import { expect, test } from "vitest"
import { effectFeishu } from "../src/effectFeishu.ts"
import { officialSdk } from "../src/officialSdk.ts"

test("both read the same meetings in the same order", async () => {
  const meetingNo = "337736498"
  await using feishu = await startFeishuMock({
    seed: { generate: [{ meeting_no: meetingNo, count: 45, from: "-29d" }] },
  })
  const idsOf = async (meetings: AsyncIterable<{ readonly id?: string | undefined }>) =>
    (await Array.fromAsync(meetings)).map(({ id }) => id)
  const ids = await idsOf(effectFeishu(feishu, meetingNo))
  expect(ids).toHaveLength(45)
  expect(await idsOf(officialSdk(feishu, meetingNo))).toEqual(ids)
})

test("the program prints what the README shows", async () => {
  const program = fileURLToPath(new URL("../src/main.ts", import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [program], { env: {} })
  for (const readme of ["README.md", "README.zh-CN.md"]) {
    const text = await readFile(new URL(`../${readme}`, import.meta.url), "utf8")
    expect(/^```text\n(.*?)^```$/ms.exec(text)?.[1]).toBe(stdout)
  }
})
