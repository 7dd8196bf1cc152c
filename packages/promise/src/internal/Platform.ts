/** What differs between the platforms. */
import type * as HttpClient from "effect/http/HttpClient"
import type * as Layer from "effect/Layer"
import type { FeishuError } from "@effect-feishu/core"
import type { Settings } from "../Options.ts"

/** A platform that clients run on. */
export interface Platform {
  /** Returns the HTTP client of a client that is given no `fetch`; absent where there is only `fetch`. */
  readonly http?: (options: Settings) => Layer.Layer<HttpClient.HttpClient, FeishuError.FeishuError>
  /** Prints a warning. */
  readonly warn: (message: string) => void
}
