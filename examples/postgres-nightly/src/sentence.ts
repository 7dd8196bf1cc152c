import type { Config } from "effect"
import type { SqlError } from "effect/sql"
import type { FeishuError } from "@effect-feishu/core"

/** The innermost message: what the operating system or the server said. */
const said = ({ cause, message }: Error): string => (cause instanceof Error ? said(cause) : message)

/** Returns what went wrong as a sentence for people. No message has a secret in it. */
export const sentence = (error: Config.ConfigError | FeishuError.FeishuError | SqlError.SqlError): string => {
  switch (error._tag) {
    case "FeishuError":
      return error.message
    case "SqlError":
      return `PostgreSQL: ${said(error)}${error.reason._tag === "ConnectionError" ? ". Check DATABASE_URL." : ""}`
    case "ConfigError": {
      const [problem, path = ""] = error.cause.message.split(/\n *at /)
      const variable = path.replaceAll(/[["\]]/g, "")
      return `${variable}: ${problem === "Expected string" ? "it is not set" : problem}. README.md says what to set.`
    }
  }
}
