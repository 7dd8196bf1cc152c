import { describe, expect, it } from "@effect/vitest"
import { ErrorCodes } from "@effect-feishu/contract"

const cell = (text: string) => text.replaceAll("|", "\\|")

const table = `# Feishu's error codes

The codes that can occur when meetings are read, from the catalogue in [ErrorCodes.ts](src/ErrorCodes.ts). After a change there,
\`npx --yes pnpm@12 test -u\` updates this page.

A known code decides how a failure is handled. Where the code is not known, the HTTP status decides: 429 is \`rateLimited\`, 408, 425 and
5xx are \`transient\`, everything else is \`final\`.

- \`transient\`: sent again after growing pauses, up to 5 requests in all.
- \`rateLimited\`: sent again once the limit's window resets; this does not count as an attempt.
- \`token\`: sent again once, with a new access token.
- \`notReady\`: not a fault, and not sent again: what was requested exists later.
- \`final\`: not sent again, since it would fail again.

| code | usual HTTP status | retry | what happened | what to do | source |
|---|---|---|---|---|---|
${ErrorCodes.catalogue
  .map(
    ({ code, meaning, remedy, retry, source, status }) =>
      `| ${code} | ${status} | \`${retry}\` | ${cell(meaning)} | ${cell(remedy)} | ${source} |\n`,
  )
  .join("")}
## What codes mean on one endpoint

Where it is not said here, a code means the same on every endpoint.
${Object.entries(ErrorCodes.endpoints)
  .map(
    ([path, codes]) => `
### \`GET ${path}\`

| code | what happened | what to do | source |
|---|---|---|---|
${codes
  .map(
    ({ code, meaning, remedy, source }) => `| ${code} | ${cell(meaning)} | ${cell(remedy)} | ${source} |\n`,
  )
  .join("")}`,
  )
  .join("")}`

describe("ERRORS.md", () => {
  it("is what the catalogue says", async () => {
    await expect(table).toMatchFileSnapshot("../ERRORS.md")
  })
})
