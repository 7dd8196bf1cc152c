/** A button that copies a text. */
import { useSignal } from "@preact/signals"
import { announce } from "./notices.tsx"
import { texts } from "./texts.ts"

interface Props {
  readonly text: string
  /** The words on the button. */
  readonly label: string
  /** What it copies, where the words do not say that. */
  readonly name?: string
}

/** The button. It says for two seconds whether the text was copied. */
export const CopyButton = ({ label, name, text }: Props) => {
  const t = texts.value.detail
  const succeeded = useSignal<boolean | undefined>(undefined)
  const copy = async () => {
    succeeded.value = await copied(text)
    announce(succeeded.value ? t.copied : t.notCopied)
    setTimeout(() => {
      succeeded.value = undefined
    }, 2_000)
  }
  return (
    <button
      type="button"
      aria-label={succeeded.value === undefined ? name : undefined}
      onClick={() => void copy()}
    >
      {succeeded.value === undefined ? label : succeeded.value ? t.copied : t.notCopied}
    </button>
  )
}

/** Copies a text. Browsers deny the clipboard to pages that another machine sends over plain HTTP; `execCommand` still works there. */
const copied = async (text: string): Promise<boolean> => {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const { activeElement } = document
    const field = document.createElement("textarea")
    field.value = text
    field.className = "hidden"
    document.body.append(field)
    field.select()
    const done = document.execCommand("copy")
    field.remove()
    if (activeElement instanceof HTMLElement) activeElement.focus()
    return done
  }
}
