/** The secrets that a run knows, wherever they come from: whatever is shown goes past here. */

const variables = ["FEISHU_APP_SECRET", "FEISHU_ACCESS_TOKEN"]

const known = new Set<string>()

/** From now on it is shown nowhere. */
export const remember = (secret: string): void => {
  if (secret !== "") known.add(secret)
}

/** A text without the secrets that are known, and those of the environment. */
export const withoutSecrets = (text: string): string => {
  const all = [...known, ...variables.map((name) => process.env[name]?.trim() ?? "")]
  // The longest first: one may be part of another.
  return all
    .filter((secret) => secret !== "")
    .toSorted((one, other) => other.length - one.length)
    .reduce((shown, secret) => shown.replaceAll(secret, "<redacted>"), text)
}
