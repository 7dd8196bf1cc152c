/** A field that says below it what is wrong with its value, in the language of the page. */
import { useSignal } from "@preact/signals"
import { useId } from "preact/hooks"
import { number } from "./language.ts"
import { texts } from "./texts.ts"

interface Props {
  readonly label: string
  readonly type?: "text" | "number" | "datetime-local"
  readonly class?: string
  readonly name?: string
  readonly required?: boolean
  readonly inputMode?: "numeric"
  readonly pattern?: string
  readonly min?: number
  readonly max?: number
  readonly step?: number | "any"
  /** The value that the mock has, which is shown again once the field was left with a good one. */
  readonly value?: string | number
  readonly defaultValue?: string
  /** What the field takes, for a value that does not match its pattern. */
  readonly takes?: string
  /** Returns what else is wrong with a value; an empty text if nothing is. */
  readonly check?: (value: string) => string
  /** Called with each value as it is typed. */
  readonly onType?: (value: string) => void
  /** Called with the value, once nothing is wrong with it, when the field is left. */
  readonly onLeave?: (value: string) => Promise<unknown>
}

/** The field with its label. */
export const Field = ({
  check,
  class: name,
  label,
  onLeave,
  onType,
  takes = "",
  type = "text",
  value,
  ...input
}: Props) => {
  const typed = useSignal<string | undefined>(undefined)
  const problem = useSignal("")
  const id = useId()
  const isGood = (field: HTMLInputElement): boolean => {
    field.setCustomValidity(field.value === "" ? "" : (check?.(field.value) ?? ""))
    problem.value = field.validity.valid ? "" : whatIsWrong(field, takes)
    return field.validity.valid
  }
  return (
    <label class={name}>
      <span id={`${id}-label`}>{label}</span>
      <input
        {...(input as object)}
        {...({ type } as object)}
        {...(value === undefined ? {} : { value: typed.value ?? value })}
        // Without the message, which is in the label, too.
        aria-labelledby={`${id}-label`}
        aria-invalid={problem.value === "" ? undefined : true}
        aria-describedby={problem.value === "" ? undefined : id}
        onInvalid={(event) => {
          // The browser would show its own words, in its own language, and only for a moment.
          event.preventDefault()
          const field = event.currentTarget
          isGood(field)
          if (field.form?.querySelector(":invalid") === field) field.focus()
        }}
        onInput={({ currentTarget }) => {
          if (problem.value !== "" || check !== undefined) isGood(currentTarget)
          typed.value = currentTarget.value
          onType?.(currentTarget.value)
        }}
        onChange={({ currentTarget }) => {
          if (onLeave === undefined || !isGood(currentTarget)) return
          const sent = currentTarget.value
          const done = async () => {
            await onLeave(sent)
            // Something else may have been typed in the meantime.
            if (typed.value === sent) typed.value = undefined
          }
          void done()
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

const whatIsWrong = (field: HTMLInputElement, takes: string): string => {
  const t = texts.value.wrong
  const { max, min, step, type, validity } = field
  if (validity.valueMissing && !validity.badInput) return t.missing
  if (validity.patternMismatch) return t.takes(takes)
  if (validity.customError) return field.validationMessage
  if (type === "datetime-local") return t.time
  if (type !== "number") return field.validationMessage
  const whole = step === "any" ? t.number : t.whole
  return t.takes(
    min === "" || max === "" ? whole : t.between(whole, number(Number(min)), number(Number(max))),
  )
}
