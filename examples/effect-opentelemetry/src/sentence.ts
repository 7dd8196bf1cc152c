import type { Config, PlatformError } from "effect"
import type { FeishuError } from "@effect-feishu/core"

/** Returns what went wrong as a sentence for people. No message has a secret in it. */
export const sentence = (
  error: Config.ConfigError | FeishuError.FeishuError | PlatformError.PlatformError,
): string => {
  switch (error._tag) {
    case "FeishuError":
      return error.message
    case "PlatformError":
      return `${error.message}. Check OUTPUT.`
    case "ConfigError": {
      const [problem, path = ""] = error.cause.message.split(/\n *at /)
      const variable = path.replaceAll(/[["\]]/g, "")
      return `${variable}: ${problem === "Expected string" ? "it is not set" : problem}. README.md says what to set.`
    }
  }
}
