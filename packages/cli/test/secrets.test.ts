/** Secrets in files, as systems and people write them; in this process. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Redacted } from "effect"
import { faultOf } from "../src/failure/Fault.ts"
import * as DecodedText from "@effect-feishu/terminal/DecodedText"
import * as Language from "../src/language/Language.ts"
import * as KnownSecrets from "../src/console/KnownSecrets.ts"
import * as LoadedSettings from "../src/settings/LoadedSettings.ts"

const secret = "AnotherFakeSecretForThisTestOnly"
const token = "t-AnotherFakeTokenForThisTestOnly"

const bytes = (text: string, encoding: "utf8" | "utf16le" | "utf16be"): Buffer => {
  if (encoding !== "utf16be") return Buffer.from(text, encoding)
  return Buffer.from(text, "utf16le").swap16()
}

/** How a system may write a text into a file. */
const encodings: Readonly<Record<string, (text: string) => Buffer>> = {
  "UTF-8": (text) => bytes(text, "utf8"),
  "UTF-8 with a mark": (text) => bytes(`\ufeff${text}`, "utf8"),
  "UTF-16, as PowerShell 5 writes it": (text) => bytes(`\ufeff${text}`, "utf16le"),
  "UTF-16, the other way round": (text) => bytes(`\ufeff${text}`, "utf16be"),
  "UTF-16 without a mark": (text) => bytes(text, "utf16le"),
  "UTF-16 without a mark, the other way round": (text) => bytes(text, "utf16be"),
}

const lines = (text: string, variable: string): ReadonlyArray<string> => [
  text,
  `${text}\n`,
  `${text}\r\n`,
  `${text}\r`,
  `\r\n${text}\r\n\r\n`,
  `"${text}"\r\n`,
  `'${text}'\n`,
  `${variable}=${text}\n`,
  `${variable}="${text}"\r\n`,
  `export ${variable}='${text}'\n`,
]
const forms: ReadonlyArray<readonly [string, string, "app-secret" | "access-token"]> = [
  ...lines(secret, "FEISHU_APP_SECRET").map((typed) => [typed, secret, "app-secret"] as const),
  ...[...lines(token, "FEISHU_ACCESS_TOKEN"), `Bearer ${token}\r\n`, `"Bearer ${token}"`].map(
    (typed) => [typed, token, "access-token"] as const,
  ),
]
const files = Object.values(encodings).flatMap((encode) =>
  forms.map(([typed, inside, kind]) => [encode(typed), inside, kind] as const),
)

/** Reads the secret that a file of such bytes holds. */
const secretIn = (content: Uint8Array, kind: "app-secret" | "access-token", flag = true) =>
  Effect.acquireUseRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "feishu-meetings-"))),
    (folder) => {
      const path = join(folder, "key")
      writeFileSync(path, content)
      const origin: LoadedSettings.Origin = flag
        ? { _tag: "Flag", flag: `--${kind}-file` }
        : { _tag: "File", kind: "user", path: "/home/me/config.yaml", line: 3 }
      const settings: LoadedSettings.Settings = {
        apps: new Map(),
        found: new Map([[`${kind}-file` as const, { text: path, origin }]]),
        format: undefined,
        pageSize: undefined,
        concurrency: undefined,
        rateLimit: 100,
        detailsRateLimit: 1_000,
      }
      return Effect.map(Effect.exit(LoadedSettings.secret(settings, kind)), (exit) => ({ exit, path }))
    },
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true })),
  ).pipe(Effect.provide(NodeServices.layer))

describe("a file of a secret", () => {
  it.effect(`in ${files.length} forms gives what is inside; neither form is shown from then on`, () =>
    Effect.gen(function* () {
      for (const [content, inside, kind] of files) {
        const { exit } = yield* secretIn(content, kind)
        assert.isTrue(Exit.isSuccess(exit), content.toString("latin1"))
        if (Exit.isSuccess(exit)) assert.strictEqual(Redacted.value(exit.value!), inside)
        const told = `it is ${DecodedText.decode(content).trim()}, or ${inside}.`
        assert.notInclude(KnownSecrets.withoutSecrets(told), "Another")
      }
    }),
  )

  it.effect("that can be none is refused by flag and file, without what is in it", () =>
    Effect.gen(function* () {
      const wrong: ReadonlyArray<readonly [string, "app-secret" | "access-token", string]> = [
        ["", "app-secret", "--app-secret-file: PATH is empty"],
        [" \r\n", "access-token", "--access-token-file: PATH is empty"],
        [
          `${secret}\n${token}\n`,
          "app-secret",
          "--app-secret-file: PATH has 2 lines, but a secret is one line",
        ],
        ["A=1\r\nB=2\r\nC=3", "app-secret", "--app-secret-file: PATH has 3 lines, but a secret is one line"],
        ["Another Fake", "app-secret", "--app-secret-file PATH: it has blanks or line breaks"],
        [`"${secret}`, "app-secret", "--app-secret-file PATH: it has a quotation mark at an end"],
        [
          "密钥AnotherFake",
          "app-secret",
          "--app-secret-file PATH: it has characters that are not visible ASCII",
        ],
        [token, "app-secret", "--app-secret-file PATH: it is an access token, not an app secret"],
        ["cli_a1b2c3d4e5f6a7b8", "app-secret", "--app-secret-file PATH: it is an app id, not an app secret"],
        [
          "cli_a1b2c3d4e5f6a7b8",
          "access-token",
          "--access-token-file PATH: it is an app id, not an access token",
        ],
        ["x".repeat(9_000), "access-token", "--access-token-file PATH: it is longer than 8192 characters"],
      ]
      for (const [content, kind, meaning] of wrong) {
        const { exit, path } = yield* secretIn(Buffer.from(content), kind)
        if (Exit.isSuccess(exit)) return assert.fail(`it takes ${content}`)
        const english = faultOf(exit.cause)
        assert.strictEqual(english.meaning, `${meaning.replace("PATH", path)}. Nothing was sent`)
        assert.notInclude(`${english.meaning} ${english.remedy}`, "Another")
        assert.notMatch(`${english.meaning} ${english.remedy}`, /Secret\.|AccessToken/)
        const chinese = yield* Effect.provideService(
          secretIn(Buffer.from(content), kind),
          Language.CurrentLanguage,
          "zh",
        )
        if (Exit.isSuccess(chinese.exit)) return assert.fail(`it takes ${content}`)
        assert.match(faultOf(chinese.exit.cause, "zh").meaning, /[\u4e00-\u9fff]{2}.*。未发送任何请求$/)
      }
      const { exit, path } = yield* secretIn(Buffer.from("a b"), "app-secret", false)
      if (Exit.isSuccess(exit)) return assert.fail("it takes blanks")
      assert.strictEqual(
        faultOf(exit.cause).meaning,
        `/home/me/config.yaml:3 ${path}: it has blanks or line breaks. Nothing was sent`,
      )
    }),
  )
})
