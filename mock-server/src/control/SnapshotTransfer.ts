/**
 * Snapshots over HTTP: one JSON document, or lines of JSON on request. They are sent in pieces, so that other requests are
 * served in between.
 */
import * as Effect from "effect/Effect"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Stream from "effect/Stream"
import * as Bounds from "../protocol/Bounds.ts"
import * as ControlApi from "./ControlApi.ts"
import * as Snapshot from "../state/Snapshot.ts"

const [linesType] = Snapshot.Lines.contentTypes

/** True when a header names one of the media types of lines. */
export const namesLines = (header = ""): boolean =>
  header
    .toLowerCase()
    .split(",")
    .some((part) => Snapshot.Lines.contentTypes.includes(part.split(";")[0]!.trim()))

const asLines = `request lines (Accept: ${linesType}), which have no such limit`

/** Sends what a workspace holds at one moment. Later changes are not in it. */
export const send = (
  request: HttpServerRequest.HttpServerRequest,
  moment: Snapshot.Moment,
): Effect.Effect<HttpServerResponse.HttpServerResponse, ControlApi.TooLarge> => {
  const isLines = namesLines(request.headers["accept"])
  if (!isLines && moment.meetingBytes > Bounds.snapshotJsonBytes - Bounds.appBytes) {
    const bound = Bounds.inMebibytes(Bounds.snapshotJsonBytes)
    return Effect.fail(
      new ControlApi.TooLarge({
        error: `this snapshot is larger than ${bound} as one JSON document: ${asLines}`,
      }),
    )
  }
  const pieces = isLines ? Snapshot.lines(moment) : Snapshot.json(moment)
  return Effect.succeed(
    HttpServerResponse.stream(
      Stream.fromIterable(pieces, { chunkSize: 1 }).pipe(
        Stream.mapEffect((piece) => Effect.as(Effect.yieldNow, piece)),
        Stream.encodeText,
      ),
      { contentType: isLines ? linesType : "application/json" },
    ),
  )
}

/** Reads the body of a request, without checking it. */
export const receive = Effect.fnUntraced(function* (request: HttpServerRequest.HttpServerRequest) {
  const isLines = namesLines(request.headers["content-type"])
  const bound = isLines ? Bounds.snapshotLinesBytes : Bounds.snapshotJsonBytes
  const tooLarge = new ControlApi.TooLarge({
    error: `a snapshot ${isLines ? "in lines" : "as one JSON document"} may have at most ${Bounds.inMebibytes(bound)}${
      isLines ? "" : `: send lines (Content-Type: ${linesType})`
    }`,
  })
  if (Number(request.headers["content-length"] ?? 0) > bound) return yield* tooLarge
  const chunks: Array<Uint8Array> = []
  let bytes = 0
  yield* request.stream.pipe(
    // A body that breaks off is not a snapshot. The client has disconnected, and does not see the answer.
    Stream.catch(() =>
      Stream.fail(new ControlApi.Refused({ error: "the snapshot is incomplete", problems: [] })),
    ),
    Stream.runForEach((chunk) => {
      bytes += chunk.length
      if (bytes > bound) return Effect.fail(tooLarge)
      chunks.push(chunk)
      return Effect.void
    }),
  )
  return isLines ? Snapshot.fromLines(chunks) : Snapshot.fromJson(Buffer.concat(chunks))
})
