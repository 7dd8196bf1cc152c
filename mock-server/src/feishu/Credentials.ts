/** The app id and the secret with which an app requests tokens. */
import * as Redacted from "effect/Redacted"
import type { App } from "../state/Store.ts"
import type { State } from "../state/Workspace.ts"

/** An app id and a secret, as they were sent. */
export interface Credentials {
  readonly app_id: string
  readonly app_secret: Redacted.Redacted<string>
}

/** Returns the app, or the error code when there is no such app or the secret is wrong. */
export const appOf = ({ store }: State, credentials: Credentials): App | 10003 | 10014 => {
  const app = store.app(credentials.app_id)
  if (app === undefined) return 10003
  return app.app_secret === Redacted.value(credentials.app_secret) ? app : 10014
}
