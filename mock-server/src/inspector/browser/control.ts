/** The control plane, as the page asks it. */
import { signal } from "@preact/signals"
import type { Entry } from "../../protocol/PublicTypes.ts"
import { parameter } from "./address.ts"

/**
 * How the page stands with the mock: `locked` means that it asks for its control token, `gone` that it does not have
 * the workspace.
 */
export const connection = signal<"connecting" | "live" | "away" | "locked" | "gone">("connecting")

const tokenKey = "feishu-mock-control-token"

/** Keeps the control token for this tab, and tries it. */
export const unlock = (token: string): void => {
  sessionStorage.setItem(tokenKey, token)
  connection.value = "connecting"
}

/** Takes the token out of the address, where it would be seen and kept. */
export const takeTokenFromAddress = (): void => {
  const given = new URLSearchParams(location.search).get("token")
  if (given === null) return
  sessionStorage.setItem(tokenKey, given)
  history.replaceState(null, "", location.pathname + location.hash)
}

/** What a request may have beside method and path. */
interface Parts {
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly body?: unknown
  readonly signal?: AbortSignal | undefined
}

const send = async (method: string, path: string, { body, query = {}, signal }: Parts): Promise<Response> => {
  const params = new URLSearchParams()
  for (const [key, value] of Object.entries({ app_id: parameter("app"), ...query })) {
    if (value !== undefined) params.set(key, String(value))
  }
  const token = sessionStorage.getItem(tokenKey)
  const response = await fetch(`/_mock${path}?${params.toString()}`, {
    method,
    cache: "no-store",
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  })
  if (response.status === 403) connection.value = "locked"
  // These two are missing only with their workspace.
  if (response.status === 404 && (path === "/clock" || path === "/journal/live")) connection.value = "gone"
  if (response.ok) return response
  const { error = `HTTP ${response.status}`, problems = [] } = await response.json().catch(() => ({}))
  throw new Error([error, ...problems].join("; "))
}

/** Asks it about the workspace that is shown. Rejects with the mock's own words, or as `fetch` does. */
export const ask = async <A>(method: string, path: string, parts: Parts = {}): Promise<A> =>
  (await send(method, path, parts)).json()

/** What happens from now on; it has begun to listen when `begun` is called. */
export async function* live(signal: AbortSignal, begun: () => Promise<void>): AsyncGenerator<Entry> {
  const { body } = await send("GET", "/journal/live", { signal })
  await begun()
  // Not an EventSource: that cannot send the token.
  const reader = body!.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ""
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    const events = (rest + value).split("\n\n")
    rest = events.pop()!
    for (const event of events) {
      if (event.startsWith("data: ")) yield JSON.parse(event.slice("data: ".length)) as Entry
    }
  }
}
