/** JSON for people. */
import { parsed } from "../../protocol/JsonText.ts"

/**
 * The same JSON with a line for each member. The text itself is set anew, not what `JSON.parse` makes of it: that has
 * other digits for a meeting's id that is a number. What is no JSON stays as it is.
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
