/** Seeds from files, pipes and standard input. */
import * as DecodedText from "@effect-feishu/terminal/DecodedText"
import * as HomePath from "@effect-feishu/terminal/HomePath"
import * as InputFile from "@effect-feishu/terminal/InputFile"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Seed } from "./Seed.ts"
import * as SeedCheck from "./SeedCheck.ts"
import { type Fault, SeedInvalid } from "./SeedInvalid.ts"
import type { Parsed } from "./SeedYaml.ts"
import * as TimeText from "./TimeText.ts"
import { entriesOf, get } from "./UncheckedSeed.ts"

/** A million meetings take less. What is larger is no seed, or has no end. */
const mostMebibytes = 256

const whyUnread = (unread: InputFile.Unread): string => {
  switch (unread._tag) {
    case "System":
      if (unread.code === "ENOENT") return "there is no such file"
      if (unread.code === "EISDIR") return "is a folder: give a YAML or JSON file"
      return `cannot be read: ${unread.code}`
    case "WrongKind":
      return `is a ${unread.kind}: give a YAML or JSON file`
    case "TooLarge":
      return `has more than ${mostMebibytes} MiB: use generate for many meetings`
  }
}

const whyNotText = ({ byte, encoding, isGbk, line }: DecodedText.NotText): Fault => {
  const message = isGbk
    ? `byte ${byte} of the file is not UTF-8, and may be GBK: save the file as UTF-8, for example with iconv -f GBK -t UTF-8 OLD > NEW`
    : `byte ${byte} of the file is not ${encoding}: save the file as UTF-8`
  return { path: [], line, message }
}

const tooLargeForYaml = (mostMebibytes: number): Parsed => {
  const message = `has more than ${mostMebibytes} MiB and is not plain JSON, which may have more: JSON without comments and mistakes, each key once. Use generate for many meetings`
  return { value: undefined, faults: [{ path: [], message }], lineOf: () => undefined }
}

/** Checks what somebody wrote. A date without its dashes is a second of 1970, which is right only where a program says it. */
const checkWritten = (seed: unknown, source: string, now?: number): Effect.Effect<Seed, SeedInvalid> => {
  const dates = [...timesIn(seed)]
    .filter(({ value }) => TimeText.isCompactDate(value))
    .map(({ path, value }): Fault => {
      const message = `${value} as unix seconds is a day of 1970: write ${TimeText.meant(value)}`
      return { path, message }
    })
  const checked = SeedCheck.check(seed, source, now)
  if (dates.length === 0) return checked
  return Effect.flatMap(Effect.flip(Effect.andThen(checked, noFaults(source))), ({ faults }) =>
    Effect.fail(new SeedInvalid({ source, faults: [...faults, ...dates] })),
  )
}

const noFaults = (source: string) => Effect.fail(new SeedInvalid({ source, faults: [] }))

function* timesIn(seed: unknown) {
  for (const list of ["meetings", "generate"] as const) {
    for (const [index, entry] of entriesOf(seed, list).entries()) {
      for (const key of ["start_time", "end_time", "from", "to"]) {
        const value = get(entry, key)
        if (typeof value === "string" || typeof value === "number") yield { path: [list, index, key], value }
      }
    }
  }
}

/** A file as messages name it. */
export const sourceOf = (path: string): string => (InputFile.isStdin(path) ? "standard input" : path)

/**
 * Reads and checks a seed from a file, a pipe, or standard input as `-`: YAML or JSON, which may have comments and
 * trailing commas, in UTF-8 or UTF-16. Fails with all faults, each with its path and line.
 */
export const fromFile = Effect.fnUntraced(function* (named: string, now?: number) {
  const path = HomePath.expand(named)
  const source = sourceOf(path)
  const refused = (fault: Fault) => new SeedInvalid({ source, faults: [fault] })
  if (InputFile.isStdin(path) && process.stdin.isTTY) {
    yield* Console.error("Type or paste a seed in YAML or JSON; Ctrl-D ends it.")
  }
  const bytes = yield* InputFile.readNamed(path, mostMebibytes * 2 ** 20).pipe(
    Effect.mapError((unread) => refused({ path: [], message: whyUnread(unread) })),
  )
  const content = yield* Effect.fromResult(
    Result.mapError(DecodedText.decodeStrictly(bytes), (why) => refused(whyNotText(why))),
  )
  // Most seeds are JSON or none at all: the YAML parser is loaded when there is something for it.
  const parseYaml = Effect.map(
    Effect.promise(() => import("./SeedYaml.ts")),
    ({ mostMebibytes, parse }) =>
      bytes.length <= mostMebibytes * 2 ** 20 ? parse(content) : tooLargeForYaml(mostMebibytes),
  )
  const yaml = yield* Effect.cached(parseYaml)
  const { faults, value } = parseJson(content) ?? (yield* yaml)
  if (faults.length > 0) return yield* new SeedInvalid({ source, faults })
  return yield* checkWritten(value, source, now).pipe(
    Effect.catch((error) =>
      Effect.flatMap(yaml, ({ lineOf }) => {
        const faults = error.faults.map((fault) => ({ ...fault, line: lineOf(fault.path) }))
        return Effect.fail(new SeedInvalid({ source, faults }))
      }),
    ),
  )
})

/** The fast way for large files: JSON.parse takes a fiftieth of the time that the YAML parser takes (measured). */
const parseJson = (content: string): Pick<Parsed, "value" | "faults"> | undefined => {
  let keys = 0
  // The source text, which TypeScript does not know yet, keeps ids of 64 bits whole.
  const reviver = function (
    this: unknown,
    _key: string,
    value: unknown,
    context?: { readonly source?: string },
  ) {
    if (!Array.isArray(this)) keys++
    return Number.isInteger(value) && !Number.isSafeInteger(value) ? (context?.source ?? value) : value
  }
  try {
    const value: unknown = JSON.parse(content, reviver)
    // JSON.parse keeps the last of two values of a key. Strings before a colon are the keys that were written; the
    // reviver has seen those that are left, and the root.
    const written = content.match(/"[^"\\]*(?:\\.[^"\\]*)*"\s*:?/g)?.filter((string) => string.endsWith(":"))
    if ((written?.length ?? 0) !== keys - 1) return undefined
    return { value, faults: [] }
  } catch {
    return undefined
  }
}
