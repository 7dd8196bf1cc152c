/** Feishu's meetings as a service of an application on Effect 3. */
import { type ClientOptions, createClient, FeishuError, type From, type Page } from "@effect-feishu/promise"
import { Context, Data, Effect, Layer, Option, Stream } from "effect"

/** A read that failed: why, and where to go on. */
export class MeetingsUnread extends Data.TaggedError("MeetingsUnread")<{
  readonly reason: FeishuError["reason"]
  readonly message: string
  readonly cursor: string | undefined
}> {}

// Anything else is a bug, and dies.
const toMeetingsUnread = (error: unknown): Option.Option<MeetingsUnread> =>
  error instanceof FeishuError
    ? Option.some(new MeetingsUnread({ reason: error.reason, message: error.message, cursor: error.cursor }))
    : Option.none()

export class FeishuMeetings extends Context.Tag("FeishuMeetings")<
  FeishuMeetings,
  { readonly pages: (from: From) => Stream.Stream<Page, MeetingsUnread> }
>() {
  /** One client for the whole application: its reads share the rate limit. It is closed with the layer. */
  static readonly layer = (options: ClientOptions) =>
    Layer.scoped(
      FeishuMeetings,
      Effect.acquireRelease(
        Effect.sync(() => createClient(options)),
        (client) => Effect.promise(() => client.close()),
      ).pipe(
        Effect.map((client) => ({
          // An interrupted stream ends its request: no AbortSignal is needed.
          pages: (from) =>
            Stream.fromAsyncIterable(client.pages(from), (error) => error).pipe(
              Stream.refineOrDie(toMeetingsUnread),
            ),
        })),
      ),
    )
}
