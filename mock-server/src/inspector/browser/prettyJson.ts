/** Formats JSON for people. */
import { parsed } from "../../protocol/JsonText.ts"

/**
 * Returns the same JSON with a line for each member. Formats the text itself, since `JSON.parse` would change the digits of a
 * meeting id that is a number. A text that is not JSON stays as it is.
 */
export const prettyJson = (text: string): string => {
  if (parsed(text) === undefined) return text
  let depth = 0
  const line = () => `\n${"  ".repeat(depth)}`
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/g) ?? []
  return tokens
    .map((token, index) => {
      if (token === "{" || token === "[") {
        if (isEnd(tokens[index + 1])) return token
        depth++
        return token + line()
      }
      if (isEnd(token)) {
        if (isStart(tokens[index - 1])) return token
        depth--
        return line() + token
      }
      return token === "," ? token + line() : token === ":" ? ": " : token
    })
    .join("")
}

const isStart = (token: string | undefined) => token === "{" || token === "["
const isEnd = (token: string | undefined) => token === "}" || token === "]"
