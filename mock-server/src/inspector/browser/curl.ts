/** A request of the journal as a command. */
import { quote } from "@effect-feishu/terminal/ShellQuote"
import type { Detail } from "../../protocol/PublicTypes.ts"

/** A text as one word of sh. */
/**
 * A text as one word of sh, in which variables are in the place of what the journal has masked: `$APP_SECRET` for the
 * field of that name.
 */
const quoteMasked = (text: string): string =>
  quote(text)
    .replaceAll(
      /"(\w+)"(\s*:\s*)"<redacted>"/g,
      (_, name: string, colon: string) => `"${name}"${colon}"'"$${name.toUpperCase()}"'"`,
    )
    .replaceAll(
      /(^'|[?&])(\w+)=(?:<redacted>|%3Credacted%3E)/g,
      (_, before: string, name: string) => `${before}${name}='"$${name.toUpperCase()}"'`,
    )

/** The command that sends it again. The token is `$TOKEN`. */
export const curl = ({ authorization, method, path, query, requestBody }: Detail, origin: string): string => {
  const params = new URLSearchParams(query).toString()
  const words = ["curl -s"]
  if (method !== "GET" && !(method === "POST" && requestBody !== "")) words.push(`-X ${method}`)
  words.push(quoteMasked(origin + path + (params === "" ? "" : `?${params}`)))
  if (authorization !== undefined) {
    words.push(
      `-H "Authorization: ${authorization.startsWith("Bearer ") ? "Bearer $TOKEN" : "$AUTHORIZATION"}"`,
    )
  }
  if (requestBody !== "") {
    if (/^\s*[{[]/.test(requestBody)) words.push("-H 'Content-Type: application/json'")
    words.push(`--data-raw ${quoteMasked(requestBody)}`)
  }
  return words.join(" ")
}
