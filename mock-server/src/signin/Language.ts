/** The language of a page at which people sign in: the one of its address, or else that of the browser. */
import { chinese } from "./chinese.ts"
import { english } from "./english.ts"

/** Every text of the pages. */
export type Texts = typeof english

const ofTag = (tag: string): Texts | undefined =>
  /^zh\b/i.test(tag) ? chinese : /^en\b/i.test(tag) ? english : undefined

/** Returns the texts in a language of which there are some, or else by the header `Accept-Language`. */
export const textsFor = (lang: string | null, accepted = ""): Texts => {
  const tags = accepted
    .split(",")
    .map((entry) => {
      const [tag = "", quality = "1"] = entry.trim().split(/\s*;\s*q=/)
      return { texts: ofTag(tag), quality: Number(quality) }
    })
    .filter(({ quality }) => quality > 0)
    .toSorted((one, other) => other.quality - one.quality)
  return ofTag(lang ?? "") ?? tags.find(({ texts }) => texts !== undefined)?.texts ?? english
}
