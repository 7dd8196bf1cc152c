/** Notices next to the content: news for screen readers, and failures for everyone. */
import { signal } from "@preact/signals"

const spoken = signal("")
const problem = signal("")

/** Announces a text to screen readers, politely. */
export const announce = (text: string): void => {
  spoken.value = text
}

/** Shows why a requested action has failed, until the next one succeeds. */
export const reportFailure = async (action: Promise<unknown>): Promise<void> => {
  try {
    await action
    problem.value = ""
  } catch (error) {
    problem.value = error instanceof Error ? error.message : String(error)
  }
}

/** The elements that show the notices. */
export const Notices = () => (
  <>
    <p class="hidden" role="status" data-testid="announcement">
      {spoken.value}
    </p>
    <p class="problem" role="alert" hidden={problem.value === ""}>
      {problem.value}
    </p>
  </>
)
