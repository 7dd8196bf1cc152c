/** The requests that the mock has answered, and their comparison with what a test expects. */
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import * as Bounds from "../../protocol/Bounds.ts"
import * as FaultRules from "../../faults/FaultRules.ts"
import type * as Journal from "../../state/Journal.ts"
import * as Operations from "../../protocol/Operations.ts"
import * as Verification from "../../state/Verification.ts"
import type { Workspaces } from "../../state/Workspaces.ts"
import * as ControlApi from "../ControlApi.ts"
import * as Outcome from "./Outcome.ts"
import * as Target from "./Target.ts"

/** Handles the group `journal`. */
export const layer = (workspaces: Workspaces) => {
  const { change, find } = Target.of(workspaces)
  return HttpApiBuilder.group(ControlApi.Api, "journal", (handlers) =>
    handlers
      .handle("journal", ({ query }) =>
        Effect.map(find(query), ({ state }) => {
          // The app names the workspace. It is not a condition for entries.
          const { app_id: _app, ...filter } = query
          return state.journal.entries(withOperation(filter))
        }),
      )
      // A raw handler, since the first bytes must not wait for the first entry: a client would wait for headers.
      .handleRaw("watch", ({ query }) =>
        Effect.map(find(query), ({ state }) =>
          HttpServerResponse.stream(Stream.encodeText(eventsOf(state.journal)), {
            contentType: "text/event-stream",
          }),
        ),
      )
      .handle("journalEntry", ({ params, query }) =>
        Effect.flatMap(find(query), ({ state }) => {
          const detail = state.journal.detail(params.seq)
          return detail === undefined ? Outcome.missing(`entry ${params.seq}`) : Effect.succeed(detail)
        }),
      )
      .handle("clearJournal", ({ query }) =>
        change(query, ({ state }) => Effect.sync(() => (state.journal.clear(), Outcome.done))),
      )
      .handle("verify", ({ payload, query }) =>
        Effect.map(find(query), ({ secrets, state }) => {
          const { calls, inOrder = false } = "calls" in payload ? payload : { calls: payload }
          return Verification.verify(state.journal.entries(), calls.map(withOperation), inOrder, secrets)
        }),
      )
      .handle("findings", ({ query }) =>
        Effect.map(find(query), ({ secrets, state }) => ({
          unmatched: state.journal.entries().filter(({ operation }) => operation === undefined),
          unusedFaults: state.faults
            .list()
            .filter(({ fired }) => fired === 0)
            .map((rule) => FaultRules.shown(rule, secrets)),
          early: state.journal.entries().filter(({ earlyMillis }) => earlyMillis !== undefined),
        })),
      ),
  )
}

/** Returns the condition with the name that the journal has for its operation. */
const withOperation = <Condition extends { readonly operation?: Operations.OperationName }>(
  condition: Condition,
): Condition =>
  condition.operation === undefined
    ? condition
    : { ...condition, operation: Operations.named(condition.operation) }

/** Returns every entry from now on, as server-sent events. */
const eventsOf = (journal: Journal.Journal): Stream.Stream<string> => {
  const entries = Stream.callback<Journal.Entry>(
    (queue) =>
      Effect.acquireRelease(
        Effect.sync(() => journal.listen((entry) => Queue.offerUnsafe(queue, entry))),
        (stop) => Effect.sync(stop),
      ),
    // A reader that is slower than the requests misses the oldest: `seq` shows the gap.
    { bufferSize: Bounds.watchedEntries, strategy: "sliding" },
  )
  const events = Stream.map(entries, (entry) => `data: ${JSON.stringify(entry)}\n\n`)
  return Stream.concat(Stream.make(": every request from now on\n\n"), events)
}
