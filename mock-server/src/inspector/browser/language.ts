/** The language of the page. */
import { effect, signal } from "@preact/signals"

type Language = "en" | "zh"

const storageKey = "feishu-mock-language"

/** The language of the page: the browser's, until the user switches it. */
export const language = signal<Language>(
  (localStorage.getItem(storageKey) ?? navigator.language).startsWith("zh") ? "zh" : "en",
)

/** Shows the page in the other language, now and in the future. */
export const switchLanguage = (): void => {
  language.value = language.value === "en" ? "zh" : "en"
  localStorage.setItem(storageKey, language.value)
}

effect(() => {
  document.documentElement.lang = language.value === "en" ? "en" : "zh-CN"
})

/** Formats a number in the language of the page. */
export const number = (value: number, digits = 0): string =>
  value.toLocaleString(document.documentElement.lang, { maximumFractionDigits: digits })
