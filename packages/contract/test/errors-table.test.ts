import { describe, expect, it } from "@effect/vitest"
import { ErrorCodes } from "@effect-feishu/contract"

const cell = (text: string) => text.replaceAll("|", "\\|")

const table = `# Feishu's error codes

What a reader of meetings can meet, from the catalogue in [ErrorCodes.ts](src/ErrorCodes.ts). After a change there,
\`npx --yes pnpm@12 test -u\` writes this page anew.

A known code decides what is done about a failure. Without one the HTTP status does: 429 is \`rateLimited\`, 408, 425 and
5xx are \`transient\`, the rest is \`final\`.

- \`transient\`: tried again after growing pauses, up to 5 requests in all.
- \`rateLimited\`: waits until the limit's window resets; costs no attempt.
- \`token\`: one new access token, then the same request again.
- \`final\`: trying again cannot help.

| code | usual HTTP status | retry | what happened | what to do | source |
|---|---|---|---|---|---|
${ErrorCodes.catalogue
  .map(
    ({ code, meaning, remedy, retry, source, status }) =>
      `| ${code} | ${status} | \`${retry}\` | ${cell(meaning)} | ${cell(remedy)} | ${source} |\n`,
  )
  .join("")}`

describe("ERRORS.md", () => {
  it("is what the catalogue says", async () => {
    await expect(table).toMatchFileSnapshot("../ERRORS.md")
  })
})
