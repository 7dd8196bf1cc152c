/** Texts of a user's input as they may be shown. */
import { withoutSecrets } from "../console/KnownSecrets.ts"

/** Returns a text without secrets, and shortened: it may be anything, such as a page of HTML. */
export const of = (text: string): string => {
  const plain = withoutSecrets(text)
  return plain.length > 60 ? `${plain.slice(0, 60)}…` : plain
}
