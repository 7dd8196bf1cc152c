/** Every place where a program lets something be seen, kept as text, and the secrets that are in it. */
import {
  Cause,
  Effect,
  Exit,
  Inspectable,
  Logger,
  Metric,
  Predicate,
  References,
  Result,
  Schema,
  Tracer,
} from "effect"
import * as Base64Url from "effect/encoding/Base64Url"
import { inspect } from "node:util"
import { Cursor, Events, FeishuError } from "@effect-feishu/core"

/** Starts every secret, so that a part of one is found, too. No text has it by chance. */
export const mark = "5ecret"

/** The mark in base64, by how many bytes stand before it: what those share digits with is left away. */
const base64 = [0, 1, 2].map((before) =>
  Buffer.from(`${" ".repeat(before)}${mark}`)
    .toString("base64")
    .slice(Math.ceil((before * 4) / 3), Math.floor(((before + mark.length) * 4) / 3)),
)

// Letters and digits, so escaping for URL, form, JSON, HTML or a terminal leaves it as it is.
const marks = new RegExp([mark, Buffer.from(mark).toString("hex"), ...base64].join("|"), "i")

const encodeError = Schema.encodeUnknownSync(Schema.fromJsonString(FeishuError.FeishuError))

/** What was seen, and where. */
export interface Sinks {
  /** A value as JSON and inspected. */
  readonly value: (sink: string, value: unknown) => void
  /** A service or a layer by all the ways in which programs print values, and with what these leave out. */
  readonly structure: (sink: string, value: unknown) => void
  readonly text: (sink: string, text: string) => void
  /** Runs an effect and keeps all that can be seen of it from outside, its end included. */
  readonly watch: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<Exit.Exit<A, E>, never, R>
  /** Where secrets are, with some of the text around them. */
  readonly leaks: () => ReadonlyArray<string>
}

/** Empty ones. */
export const make = (): Sinks => {
  const texts = new Map<string, Set<string>>()
  const text = (sink: string, text: string) => {
    const known = texts.get(sink)
    if (known === undefined) texts.set(sink, new Set([text]))
    else known.add(text)
  }
  // The same error is in the cause of every span around it, and prints the same in each.
  const known = new WeakSet<object>()
  const isNew = (value: object) => !known.has(value) && known.add(value)
  const json = (sink: string, value: unknown) => text(`${sink}, as JSON`, JSON.stringify(value) ?? "")
  const value = (sink: string, value: unknown) => {
    json(sink, value)
    text(`${sink}, inspected`, inspect(value, { depth: Infinity, showHidden: true }))
  }
  const printed = (sink: string, seen: unknown) => {
    value(sink, seen)
    text(`${sink}, as a string`, String(seen))
    text(`${sink}, toStringUnknown`, Inspectable.toStringUnknown(seen))
  }
  const structure = (sink: string, seen: unknown) => {
    printed(sink, seen)
    text(`${sink}, its fields`, inspect(seen, { depth: Infinity, showHidden: true, customInspect: false }))
  }
  const cause = (sink: string, cause: Cause.Cause<unknown>) => {
    // Several at once are rare, and one of them may hide behind another.
    if (cause.reasons.length > 1) printed(`${sink}: causes`, cause)
    const error = Cause.squash(cause)
    if (!Predicate.isError(error) || !isNew(error)) return
    text(`${sink}: pretty cause`, Cause.pretty(cause))
    printed(`${sink}: error`, error)
    text(`${sink}: message`, error.message)
    text(`${sink}: stack`, String(error.stack))
    if (!(error instanceof FeishuError.FeishuError)) return
    text(`${sink}: encoded by its Schema`, encodeError(error))
    if (error.cursor === undefined) return
    text(`${sink}: what the cursor holds`, JSON.stringify(Cursor.toPosition(error.cursor)))
    text(
      `${sink}: the cursor's text`,
      Result.getOrThrow(Base64Url.decodeString(error.cursor.split(".").at(-1)!)),
    )
  }

  const logger = Logger.make((options: Logger.Options<unknown>) => {
    json("log: message", options.message)
    cause("log", options.cause)
    json("log: annotations", options.fiber.getRef(References.CurrentLogAnnotations))
    text("log: line", Logger.formatLogFmt.log(options))
    text("log: line of JSON", Logger.formatJson.log(options))
  })
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      const end = span.end.bind(span)
      span.end = (time, exit) => {
        end(time, exit)
        text("span: name", span.name)
        json("span: attributes", Object.fromEntries(span.attributes))
        for (const [name, , attributes] of span.events) json("span: event", { name, attributes })
        for (const { attributes } of span.links) json("span: link", attributes)
        json("span: annotations", span.annotations)
        // What a call or an attempt succeeds with is data, which is looked at as it comes out.
        if (Exit.isFailure(exit)) cause("span", exit.cause)
        else if (span.name !== "FeishuClient.call" && span.kind !== "client")
          value("span: success", exit.value)
      }
      return span
    },
  })
  const watch: Sinks["watch"] = (effect) =>
    Effect.gen(function* () {
      const exit = yield* effect.pipe(
        Effect.tapCause((cause) => Effect.logError("failed", cause)),
        Effect.withSpan("program"),
        Effect.exit,
        Effect.provideService(Events.Events, (event) =>
          Effect.sync(() => value(`event ${event._tag}`, event)),
        ),
        Effect.provide(Logger.layer([logger, Logger.tracerLogger])),
        Effect.provideService(References.MinimumLogLevel, "All"),
        Effect.withTracer(tracer),
      )
      if (Exit.isFailure(exit)) cause("end", exit.cause)
      for (const { attributes, description, id } of yield* Metric.snapshot) {
        json("metric", { attributes, description, id })
      }
      return exit
    }).pipe(Effect.provideService(Metric.MetricRegistry, new Map()))

  return {
    value,
    structure,
    text,
    watch,
    leaks: () =>
      Array.from(texts).flatMap(([sink, seen]) => {
        for (const text of seen) {
          // The other alphabet of base64 is as good.
          const index = text.replaceAll("-", "+").replaceAll("_", "/").search(marks)
          if (index >= 0) return [`${sink}: ${text.slice(Math.max(0, index - 60), index + 60)}`]
        }
        return []
      }),
  }
}
