/** Taking secrets out of what the journal shows: of requests, and of answers. */

const secretNames = [
  "app_secret",
  "client_secret",
  "client_assertion",
  "app_ticket",
  "app_access_token",
  "tenant_access_token",
  "user_access_token",
  "access_token",
  "refresh_token",
  // Of the control plane, in the address of its page.
  "token",
  "code_verifier",
  "password",
]

const secretFields = new RegExp(String.raw`("(?:${secretNames.join("|")})"\s*:\s*)"(?:[^"\\]|\\.)*"`, "g")

// The code of an authorization is a text; the code of an answer is a number, and no secret.
const authorizationCode = /("code"\s*:\s*)"(?:[^"\\]|\\.)*"/g

const formFields = new RegExp(`((?:^|&)(?:${secretNames.join("|")}|code)=)[^&]*`, "g")

/** A JSON text or form without its secrets. */
export const body = (text: string): string =>
  /^\s*[{[]/.test(text)
    ? text.replace(secretFields, '$1"<redacted>"').replace(authorizationCode, '$1"<redacted>"')
    : text.replace(formFields, "$1<redacted>")

/** The fields of a query, those that are secrets without their values: that is no place for them, but some put them there. */
export const query = (fields: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      name === "code" || secretNames.includes(name) ? "<redacted>" : value,
    ]),
  )

/** What kind of credentials a header holds: `Bearer t-<redacted>`. */
export const authorization = (header: string | undefined): string | undefined =>
  header?.replace(/^(Bearer (?:[tua]-|eyJ)?|\S{0,8}).*$/s, "$1<redacted>")
