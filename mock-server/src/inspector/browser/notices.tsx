/** What is told beside what is shown: to screen readers what is new, to everyone what went wrong. */
import { signal } from "@preact/signals"

const spoken = signal("")
const problem = signal("")

/** Has a screen reader say it when it has nothing else to say. */
export const announce = (text: string): void => {
  spoken.value = text
}

/** Tells when something that somebody asked for has failed, until the next thing works. */
export const failing = async (asked: Promise<unknown>): Promise<void> => {
  try {
    await asked
    problem.value = ""
  } catch (error) {
    problem.value = error instanceof Error ? error.message : String(error)
  }
}

/** Where both are told. */
export const Announcer = () => (
  <>
    <p class="hidden" role="status" data-testid="announcement">
      {spoken.value}
    </p>
    <p class="problem" role="alert" hidden={problem.value === ""}>
      {problem.value}
    </p>
  </>
)
