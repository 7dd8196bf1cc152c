/** The language of the page. */
import { effect, signal } from "@preact/signals"

type Language = "en" | "zh"

const kept = "feishu-mock-language"

/** The browser's, until somebody switches. */
export const language = signal<Language>(
  (localStorage.getItem(kept) ?? navigator.language).startsWith("zh") ? "zh" : "en",
)

/** Shows the page in the other language, from now on. */
export const switchLanguage = (): void => {
  language.value = language.value === "en" ? "zh" : "en"
  localStorage.setItem(kept, language.value)
}

effect(() => {
  document.documentElement.lang = language.value === "en" ? "en" : "zh-CN"
})

/** A number as the language writes it. */
export const number = (value: number, digits = 0): string =>
  value.toLocaleString(document.documentElement.lang, { maximumFractionDigits: digits })
