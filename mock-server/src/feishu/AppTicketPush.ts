/**
 * Pushes app tickets to a store app, as Feishu does: an event of version 1.0 by POST, in the background. A ticket is
 * pushed when the app requests it, and every hour.
 */
import { createCipheriv, createHash, randomBytes } from "node:crypto"
import * as Http from "node:http"
import * as Https from "node:https"
import * as Effect from "effect/Effect"
import type { App } from "../state/Store.ts"
import type { Workspace } from "../state/Workspace.ts"

/** Mints and returns a ticket, and pushes it when there is an event address. Nothing waits for the push, and a failed one is not reported. */
export const push = (workspace: Workspace, app: App): Effect.Effect<string> =>
  Effect.sync(() => {
    const { appTicketUrl, state } = workspace
    const now = state.clock.now()
    const ticket = state.tokens.mintTicket(app.app_id, now)
    if (appTicketUrl === undefined) return ticket
    const event = {
      ts: (now / 1000).toFixed(6),
      uuid: randomBytes(16).toString("hex"),
      token: app.verification_token ?? "",
      type: "event_callback",
      event: { app_id: app.app_id, app_ticket: ticket, type: "app_ticket" },
    }
    const { body, headers } = sealed(JSON.stringify(event), app.encrypt_key, Math.floor(now / 1000))
    // The push is not waited for: Feishu answers before it arrives.
    // `fetch` refuses some ports, so it is not used here.
    const post = /^https:/i.test(appTicketUrl) ? Https.request : Http.request
    const options = {
      method: "POST",
      headers: { "content-type": "application/json; charset=utf-8", ...headers },
      signal: AbortSignal.timeout(5_000),
    }
    post(appTicketUrl, options, (response) => response.resume())
      .on("error", () => {})
      .end(body)
    return ticket
  })

/**
 * Returns body and headers of an event. With an encrypt key the event is encrypted with AES-256-CBC, its IV in front, and
 * signed (documented; the official SDK drops an event that is not).
 */
const sealed = (
  text: string,
  encryptKey: string | null,
  nowSeconds: number,
): { readonly body: string; readonly headers: Record<string, string> } => {
  if (encryptKey === null) return { body: text, headers: {} }
  const iv = randomBytes(16)
  const cipher = createCipheriv("aes-256-cbc", createHash("sha256").update(encryptKey).digest(), iv)
  const encrypt = Buffer.concat([iv, cipher.update(text), cipher.final()]).toString("base64")
  const body = JSON.stringify({ encrypt })
  const timestamp = String(nowSeconds)
  const nonce = randomBytes(8).toString("hex")
  return {
    body,
    headers: {
      "x-lark-request-timestamp": timestamp,
      "x-lark-request-nonce": nonce,
      "x-lark-signature": createHash("sha256")
        .update(timestamp + nonce + encryptKey + body)
        .digest("hex"),
    },
  }
}

/** The time between two pushes that the app has not requested (documented). */
const interval = "1 hour"

/** Pushes a ticket to every store app of a workspace, now and every hour, until the scope is closed. */
export const pushHourly = (workspace: Workspace) =>
  workspace.appTicketUrl === undefined
    ? Effect.void
    : Effect.forkScoped(
        Effect.forever(
          Effect.andThen(
            Effect.forEach(
              workspace.state.store.apps().filter(({ type }) => type === "store"),
              (app) => push(workspace, app),
            ),
            Effect.sleep(interval),
          ),
        ),
      )
