/** The form with which a meeting is added or changed. */
import { useSignal } from "@preact/signals"
import type { Meeting } from "../../protocol/PublicTypes.ts"
import { parameter } from "./address.ts"
import { ask } from "./control.ts"
import { Field } from "./Field.tsx"
import { JsonField, objectIn } from "./JsonField.tsx"
import { now, shownWorkspace, version } from "./mock.ts"
import { reportFailure } from "./notices.tsx"
import { texts } from "./texts.ts"
import { fromField, toField } from "./times.ts"

interface Props {
  /** The meeting that is changed; absent for a new one. */
  readonly given?: Meeting
  /** Is called with the id of the meeting once it is saved, or without one when nothing is to be saved. */
  readonly onDone: (id?: string) => void
}

/** Returns a new id: a 64-bit number, as those of Feishu are. */
const newId = (): string => {
  const digits = crypto.getRandomValues(new Uint8Array(17))
  return `75${Array.from(digits, (byte) => byte % 10).join("")}`
}

const hourMillis = 3_600_000

/** The form. */
export const MeetingForm = ({ given, onDone }: Props) => {
  const t = texts.value.meetings
  const present = now() ?? 0
  const start = useSignal(
    toField(given === undefined ? present - hourMillis : Number(given.start_time) * 1000),
  )
  // Kept, since the clock goes on while the form is filled in.
  const end = useSignal(
    given === undefined
      ? toField(present - hourMillis / 2)
      : given.end_time === undefined
        ? ""
        : toField(Number(given.end_time) * 1000),
  )
  const { id, meeting_no: no, topic, start_time: _start, end_time: _end, ...rest } = given ?? {}
  const save = async (form: FormData) => {
    const text = (name: string) => String(form.get(name) ?? "")
    const meeting = {
      ...objectIn(text("rest")),
      id: id ?? newId(),
      meeting_no: text("no"),
      topic: text("topic"),
      start_time: fromField(text("start")),
      ...(text("end") === "" ? {} : { end_time: fromField(text("end")) }),
    }
    await ask("PUT", "/meetings", { body: [meeting] })
    version.value++
    onDone(meeting.id)
  }
  return (
    <form
      class="fields card"
      aria-label={given === undefined ? t.add : t.change}
      onSubmit={(event) => {
        event.preventDefault()
        void reportFailure(save(new FormData(event.currentTarget)))
      }}
    >
      <h2>{given === undefined ? t.add : t.change}</h2>
      <div class="pair">
        <Field label={t.topic} name="topic" defaultValue={topic ?? ""} class="topic" />
        <Field
          label={t.no}
          name="no"
          required
          inputMode="numeric"
          pattern="[0-9]{9}"
          takes={t.nineDigits}
          defaultValue={no ?? parameter("no") ?? shownWorkspace()?.meetingNos[0] ?? ""}
        />
      </div>
      <div class="pair">
        <Field
          label={t.start}
          name="start"
          type="datetime-local"
          step={1}
          required
          value={start.value}
          onType={(text) => {
            start.value = text
          }}
        />
        <Field
          label={t.end}
          name="end"
          type="datetime-local"
          step={1}
          value={end.value}
          onType={(text) => {
            end.value = text
          }}
          check={(text) => (text < start.value ? t.endsFirst : "")}
        />
      </div>
      <p class="hint">{t.endHint}</p>
      <details>
        <summary>{t.rest}</summary>
        <JsonField
          label={t.restHint}
          name="rest"
          value={given === undefined ? { generate: { participants: 3 }, recording: {} } : rest}
        />
      </details>
      <div class="buttons">
        <button type="submit" class="primary">
          {t.save}
        </button>
        <button type="button" onClick={() => onDone()}>
          {t.cancel}
        </button>
      </div>
    </form>
  )
}
