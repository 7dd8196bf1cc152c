/** The secrets that a run knows, wherever they come from. Every text that is shown passes through here. */
import { Secret } from "@effect-feishu/core"

/** Matches the variables of the environment that hold a secret. */
const isVariable = /^(?:FEISHU_(?:APP_SECRET|APP_TICKET)(?!_FILE)(?:_\w+)?|FEISHU_ACCESS_TOKEN)$/i

const known = new Set<string>()

/** Remembers a secret, so that it is not shown: neither the text as it was given nor the secret that is read from it. */
export const remember = (secret: string): void => {
  for (const form of formsOf(secret)) known.add(form)
}

const formsOf = (secret: string): ReadonlyArray<string> =>
  [secret.trim(), Secret.unwrapped(secret)].filter((form) => form !== "")

/** Returns a text without the secrets that are known, and those of the environment. */
export const withoutSecrets = (text: string): string => {
  const variables = Object.keys(process.env).filter((name) => isVariable.test(name))
  const all = [...known, ...variables.flatMap((name) => formsOf(process.env[name] ?? ""))]
  // The longest secret first: another secret may be a part of it.
  return all
    .toSorted((one, other) => other.length - one.length)
    .reduce((shown, secret) => shown.replaceAll(secret, "<redacted>"), text)
}
