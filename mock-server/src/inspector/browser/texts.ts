/** Every text of the page, in the language that it is shown in. */
import { computed } from "@preact/signals"
import { chinese } from "./chinese.ts"
import { english } from "./english.ts"
import { language } from "./language.ts"

/** The texts in the language of the page. */
export const texts = computed(() => (language.value === "en" ? english : chinese))
