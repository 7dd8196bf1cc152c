import {
  adaptDefault,
  AppType,
  Client,
  EventDispatcher,
  LoggerLevel,
  withTenantKey,
} from "@larksuiteoapi/node-sdk"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import * as MockFeishu from "../src/MockFeishu.ts"
import { now, seed } from "./fixture.ts"

it.live(
  "Feishu's official SDK reads as a store app: it asks for a ticket, handles the event, and gets its tokens",
  () =>
    Effect.gen(function* () {
      // The SDK's own cache, shared by its client and its dispatcher.
      const values = new Map<string, unknown>()
      let ticketCame: (() => void) | undefined
      const came = new Promise<void>((resolve) => (ticketCame = resolve))
      const key = (name: unknown, options?: { readonly namespace?: string | undefined }) =>
        `${options?.namespace} ${String(name)}`
      const cache = {
        get: async (name: unknown, options?: { namespace?: string }) => values.get(key(name, options)),
        set: async (name: unknown, value: unknown, _expires?: number, options?: { namespace?: string }) => {
          values.set(key(name, options), value)
          if (String(name).includes("ticket")) ticketCame?.()
          return true
        },
      }
      const dispatcher = new EventDispatcher({ cache, loggerLevel: LoggerLevel.error })
      const handler = yield* Effect.acquireRelease(
        Effect.promise(async () => {
          const server = createServer(adaptDefault("/events", dispatcher))
          await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
          return server
        }),
        (server) => Effect.sync(() => (server.closeAllConnections(), server.close())),
      )
      const appTicketUrl = `http://127.0.0.1:${(handler.address() as AddressInfo).port}/events`
      yield* Effect.gen(function* () {
        const { url } = yield* MockFeishu.MockFeishu
        const app = seed.apps.find(({ type }) => type === "store")!
        const client = new Client({
          appId: app.app_id,
          appSecret: app.app_secret,
          appType: AppType.ISV,
          domain: url,
          cache,
          loggerLevel: LoggerLevel.error,
        })
        yield* Effect.promise(() => came)
        const payload = {
          params: {
            meeting_no: "337736498",
            start_time: String(now - 86_400),
            end_time: String(now),
          },
        }
        const page = yield* Effect.promise(() =>
          client.vc.meeting.listByNo(payload, withTenantKey(app.tenants[0]!)),
        )
        assert.strictEqual(page.code, 0)
      }).pipe(Effect.provide(MockFeishu.layer({ seed, now, appTicketUrl })))
    }).pipe(Effect.scoped),
)
