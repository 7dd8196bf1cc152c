/** The columns of the tables whose rows open. */
import { signal } from "@preact/signals"

const narrow = matchMedia("(max-width: 720px)")

/** The number of columns: on a phone, the style sheet hides two. */
export const columns = signal(narrow.matches ? 3 : 5)
narrow.addEventListener("change", () => {
  columns.value = narrow.matches ? 3 : 5
})
