/** A Worker that makes the reads of its request, with clients of their own, or in an object that has one client. */
import { createClient } from "@effect-feishu/promise"
import { outcomesOf } from "./reads.js"

/** A Durable Object: timers and connections are those of the object, and not of the request that caused them. */
export class Reader {
  #client

  async fetch(request) {
    const { options, ...read } = await request.json()
    this.#client ??= createClient(options)
    return this.#client.page(read.request).then(
      ({ meetings }) => Response.json(meetings.map(({ id }) => id)),
      ({ message }) => Response.json(message, { status: 502 }),
    )
  }
}

export default {
  async fetch(request, { READER }) {
    if (new URL(request.url).pathname === "/object") {
      return READER.get(READER.idFromName("the only one")).fetch(request)
    }
    return Response.json(await outcomesOf(await request.json()))
  },
}
