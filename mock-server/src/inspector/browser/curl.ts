/** Turns a request of the journal into a curl command. */
import { quote } from "@effect-feishu/terminal/ShellQuote"
import type { Detail } from "../../protocol/PublicTypes.ts"

/**
 * Quotes a text as one word for sh. Variables replace what the journal has masked, such as `$APP_SECRET` for the field of
 * that name.
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

/** Returns the command that sends a request again. It reads the access token from `$TOKEN`. */
export const curl = (
  { authorization, method, path, query, requestBody, requestHeaders }: Detail,
  origin: string,
): string => {
  const params = new URLSearchParams(query).toString()
  const words = ["curl -s"]
  if (method !== "GET" && !(method === "POST" && requestBody !== "")) words.push(`-X ${method}`)
  words.push(quoteMasked(origin + path + (params === "" ? "" : `?${params}`)))
  if (authorization !== undefined) {
    words.push(
      `-H "Authorization: ${authorization.startsWith("Bearer ") ? "Bearer $TOKEN" : "$AUTHORIZATION"}"`,
    )
  }
  const fault = requestHeaders["x-mock-fault"]
  if (fault !== undefined) words.push(`-H ${quote(`X-Mock-Fault: ${fault}`)}`)
  if (requestBody !== "") {
    const type = requestHeaders["content-type"]
    if (type !== undefined) words.push(`-H ${quote(`Content-Type: ${type}`)}`)
    words.push(`--data-raw ${quoteMasked(requestBody)}`)
  }
  return words.join(" ")
}
