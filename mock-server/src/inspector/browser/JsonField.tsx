/** A field for JSON, which says below it what is wrong with it. */
import { useSignal } from "@preact/signals"
import { useId } from "preact/hooks"
import { texts } from "./texts.ts"

interface Props {
  readonly label: string
  readonly name: string
  readonly value: object
}

/** Returns the object that a text of the field means; `undefined` if it is not one. */
export const objectIn = (text: string): object | undefined => {
  if (text.trim() === "") return {}
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** The field. Its form cannot be sent while its text is not an object in JSON. */
export const JsonField = ({ label, name, value }: Props) => {
  const problem = useSignal("")
  const id = useId()
  const look = (field: HTMLTextAreaElement) => {
    problem.value = objectIn(field.value) === undefined ? texts.value.wrong.json : ""
    field.setCustomValidity(problem.value)
  }
  return (
    <label class="json">
      <span id={`${id}-label`}>{label}</span>
      <textarea
        name={name}
        rows={8}
        spellcheck={false}
        defaultValue={JSON.stringify(value, undefined, 2)}
        // Without the message, which is in the label, too.
        aria-labelledby={`${id}-label`}
        aria-invalid={problem.value === "" ? undefined : true}
        aria-describedby={problem.value === "" ? undefined : id}
        onInput={({ currentTarget }) => look(currentTarget)}
        onInvalid={(event) => {
          event.preventDefault()
          const field = event.currentTarget
          if (field.form?.querySelector(":invalid") === field) field.focus()
        }}
      />
      {problem.value !== "" && (
        <small class="wrong" id={id} role="alert">
          {problem.value}
        </small>
      )}
    </label>
  )
}
