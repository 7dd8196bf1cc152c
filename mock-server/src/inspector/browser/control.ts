/** The page's requests to the control plane. */
import { signal } from "@preact/signals"
import type { Entry } from "../../protocol/PublicTypes.ts"
import { inChinese } from "../../protocol/ProblemsInChinese.ts"
import { parameter } from "./address.ts"
import { language } from "./language.ts"

/**
 * The connection to the mock: `locked` means that the mock requires its control token, `gone` that it no longer has the
 * workspace.
 */
export const connection = signal<"connecting" | "live" | "away" | "locked" | "gone">("connecting")

const tokenKey = "feishu-mock-control-token"

/** Keeps a control token for this tab, and connects with it. */
export const unlock = (token: string): void => {
  sessionStorage.setItem(tokenKey, token)
  connection.value = "connecting"
}

/** Moves the token out of the address, where others could see it and the history would keep it. */
export const takeTokenFromAddress = (): void => {
  const given = new URLSearchParams(location.search).get("token")
  if (given === null) return
  sessionStorage.setItem(tokenKey, given)
  history.replaceState(null, "", location.pathname + location.hash)
}

/** The parts that a request may have in addition to method and path. */
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
  // These two exist in every workspace, so a 404 means that the workspace no longer exists.
  if (response.status === 404 && (path === "/clock" || path === "/journal/live")) connection.value = "gone"
  if (response.ok) return response
  const { error = `HTTP ${response.status}`, problems = [] } = await response.json().catch(() => ({}))
  const all: ReadonlyArray<string> = [error, ...problems]
  throw new Error(language.value === "zh" ? all.map(inChinese).join("；") : all.join("; "))
}

/** Sends a request about the present workspace. Rejects with the mock's message, or as `fetch` does. */
export const ask = async <A>(method: string, path: string, parts: Parts = {}): Promise<A> =>
  (await send(method, path, parts)).json()

/** Yields every new request. Calls `begun` once it listens. */
export async function* live(signal: AbortSignal, begun: () => Promise<void>): AsyncGenerator<Entry> {
  const { body } = await send("GET", "/journal/live", { signal })
  await begun()
  // An EventSource cannot send the token, so it is not used.
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
