/** What only a socket can do to a request. */
import { brotliCompressSync, gzipSync } from "node:zlib"
import type { FeishuClient } from "@effect-feishu/core"
import * as RawServer from "./RawServer.ts"

/** Deadlines that are not what a test is about are out of its reach: the clock runs fast, the machine does not. */
export const patient: Partial<FeishuClient.Options> = {
  attemptTimeout: "1 hour",
  headersTimeout: "1 hour",
  idleTimeout: "1 hour",
}

/** Fails at first in a way that passes, so that trying again brings the page; how many requests that takes. */
export const passing: ReadonlyArray<
  readonly [string, (received: RawServer.Received) => void, Partial<FeishuClient.Options>?]
> = [
  ["N3 a reset before the headers", ({ socket }) => socket.resetAndDestroy()],
  [
    "N4 a reset in mid-body",
    ({ socket }) => {
      socket.write(RawServer.http(RawServer.page).subarray(0, 120), () => socket.resetAndDestroy())
    },
  ],
  ["N4 an end in mid-body", ({ socket }) => socket.end(RawServer.http(RawServer.page).subarray(0, 120))],
  ["N5 headers that never come", () => {}, { ...patient, headersTimeout: "2 seconds" }],
  [
    "N6 a stall after the headers",
    ({ socket }) => socket.write(RawServer.http(RawServer.page).subarray(0, 73)),
    { ...patient, idleTimeout: "2 seconds" },
  ],
  [
    "N6 a stall in mid-body",
    ({ socket }) => socket.write(RawServer.http(RawServer.page).subarray(0, 120)),
    { ...patient, idleTimeout: "2 seconds" },
  ],
  [
    "N7 a byte at a time, always progressing",
    ({ socket }) => {
      const bytes = RawServer.http(`${RawServer.page}${" ".repeat(10_000)}`)
      let sent = 120
      socket.write(bytes.subarray(0, sent))
      const drip = setInterval(() => socket.write(bytes.subarray(sent, ++sent)), 5)
      socket.on("close", () => clearInterval(drip))
    },
    { ...patient, attemptTimeout: "4 seconds" },
  ],
  [
    "N9 a Content-Length that is larger than the body",
    ({ socket }) => socket.end(RawServer.http(RawServer.page, { "content-length": 5_000 })),
  ],
  [
    "a body without length that is cut by closing",
    ({ socket }) => socket.end(`HTTP/1.1 200 OK\r\n\r\n${RawServer.page.slice(0, 30)}`),
  ],
  ["bytes that are no HTTP", ({ socket }) => socket.end("SSH-2.0-OpenSSH_9.2\r\n")],
  [
    "H15 a megabyte of headers",
    ({ socket }) => socket.write(RawServer.http(RawServer.page, { "x-large": "x".repeat(1_000_000) })),
  ],
]

/** Bodies that can be read, however they come. */
export const encoded: ReadonlyArray<readonly [string, Uint8Array | string, Record<string, string>]> = [
  ["H12 gzip", gzipSync(RawServer.page), { "content-encoding": "gzip" }],
  ["H14 gzip that no header tells of", gzipSync(RawServer.page), {}],
  ["H14 a header that tells of a gzip that is not there", RawServer.page, { "content-encoding": "gzip" }],
  [
    "H11 a content type of its own, and a byte order mark",
    `\uFEFF${RawServer.page}`,
    { "content-type": "text/x" },
  ],
]

/** Bodies that cannot be read: what the error says, and after how many requests. */
export const damaged: ReadonlyArray<readonly [string, Uint8Array, Record<string, string>, RegExp, number]> = [
  [
    "H12 64 KB of gzip that inflate to 64 MB",
    gzipSync(Buffer.alloc(64 * 1024 * 1024)),
    {},
    /larger than 8388608 bytes/,
    1,
  ],
  ["H14 gzip in gzip", gzipSync(gzipSync(RawServer.page)), {}, /more than once/, 1],
  ["H14 brotli", brotliCompressSync(RawServer.page), { "content-encoding": "br" }, /encoded as "br"/, 1],
  ["gzip that was cut short", gzipSync(RawServer.page).subarray(0, 60), {}, /damaged, or was cut short/, 5],
]
