/** Reads seeds from files, pipes and standard input. */
import * as DecodedText from "@effect-feishu/terminal/DecodedText"
import * as HomePath from "@effect-feishu/terminal/HomePath"
import * as InputFile from "@effect-feishu/terminal/InputFile"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { type Seed, timeKeys } from "./Seed.ts"
import * as SeedCheck from "./SeedCheck.ts"
import { type Fault, SeedInvalid } from "./SeedInvalid.ts"
import type { Parsed } from "./SeedYaml.ts"
import * as TimeText from "../protocol/TimeText.ts"
import { entriesOf, get } from "./UncheckedSeed.ts"

/** The largest file, in MiB. A million meetings take less; a larger file is not a seed, or has no end. */
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
      return `is larger than ${mostMebibytes} MiB: use generate for many meetings`
  }
}

const whyNotText = ({ byte, encoding, isGbk, line }: DecodedText.NotText): Fault => {
  const message = isGbk
    ? `byte ${byte} of the file is not UTF-8; the file may be GBK: save it as UTF-8, for example with iconv -f GBK -t UTF-8 OLD > NEW`
    : `byte ${byte} of the file is not ${encoding}: save the file as UTF-8`
  return { path: [], line, message }
}

const tooLargeForYaml = (mostMebibytes: number): Parsed => {
  const message = `is larger than ${mostMebibytes} MiB. Only plain JSON may be larger: valid JSON without comments and duplicate keys. Use generate for many meetings`
  return { value: undefined, faults: [{ path: [], message }], lineOf: () => undefined }
}

/** Checks a seed that a person wrote. Unlike in a program, a second of 1970 is a fault: it is a date without its dashes. */
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

type Located = { readonly path: ReadonlyArray<PropertyKey>; readonly value: string | number }

function* timesIn(seed: unknown) {
  for (const list of ["meetings", "generate"] as const) {
    for (const [index, entry] of entriesOf(seed, list).entries()) {
      yield* timesWithin(entry, [list, index])
      yield* timesWithin(get(entry, "recording"), [list, index, "recording"])
      const participants = get(entry, "participants")
      if (!Array.isArray(participants)) continue
      for (const [row, participant] of participants.entries()) {
        yield* timesWithin(participant, [list, index, "participants", row])
      }
    }
  }
}

function* timesWithin(entry: unknown, path: ReadonlyArray<PropertyKey>): Generator<Located, void, undefined> {
  for (const key of timeKeys) {
    const value = get(entry, key)
    if (typeof value === "string" || typeof value === "number") yield { path: [...path, key], value }
  }
}

/** Returns the name of a file for messages. */
export const sourceOf = (path: string): string => (InputFile.isStdin(path) ? "standard input" : path)

/**
 * Reads and checks a seed from a file, a pipe, or standard input (`-`): YAML, or JSON that may have comments and trailing
 * commas, in UTF-8 or UTF-16. Fails with all faults, each with its path and line.
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
  // Many seeds are JSON, and many mocks have no seed: the YAML parser is loaded only when it is needed.
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

/** Parses large files fast: JSON.parse takes a fiftieth of the YAML parser's time (measured). Returns `undefined` when YAML must read them. */
const parseJson = (content: string): Pick<Parsed, "value" | "faults"> | undefined => {
  let keys = 0
  // `context.source`, which TypeScript does not know yet, has every digit of a 64-bit id.
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
    // Of two values with one key, JSON.parse keeps the last. Strings before a colon are the keys in the text; the reviver
    // has seen those that were kept, and the root.
    const written = content.match(/"[^"\\]*(?:\\.[^"\\]*)*"\s*:?/g)?.filter((string) => string.endsWith(":"))
    if ((written?.length ?? 0) !== keys - 1) return undefined
    return { value, faults: [] }
  } catch {
    return undefined
  }
}
