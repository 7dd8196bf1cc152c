/**
 * The same where there is no Node: Cloudflare Workers and other runtimes that have `fetch` alone. Bundlers choose it by the
 * conditions `workerd`, `edge-light` and `worker`.
 */
import type { Client } from "./Client.ts"
import { makeClient } from "./internal/makeClient.ts"
import { web } from "./internal/web.ts"
import type { ClientOptions } from "./Options.ts"

export * from "./exports.ts"

/**
 * Makes a client that sends its requests with `fetch`: the one of the options, or that of the platform. This sends nothing; if an
 * option is wrong, the reads of the client reject with an `InvalidRequest`. Warnings go to `console.warn`.
 */
export const createClient = (options: ClientOptions): Client => makeClient(options, web)
