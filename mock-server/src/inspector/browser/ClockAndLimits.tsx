/** The mock's clock, the rate limits, which follow it, and the switches. */
import { useSignal } from "@preact/signals"
import type { Behaviour } from "../../protocol/PublicTypes.ts"
import { Field } from "./Field.tsx"
import { number } from "./language.ts"
import { behaviour, changeBehaviour, isFrozen, limits, moveClock, now, quota } from "./mock.ts"
import { reportFailure } from "./notices.tsx"
import { texts } from "./texts.ts"
import { fromField, full, machine, timeOfDay, toField } from "./times.ts"

const steps = { minute: 60, hour: 3_600, hours: 7_200, day: 86_400 } as const

/** The view of clock, limits and switches. */
export const ClockAndLimits = () => (
  <div class="columns">
    <Clock />
    <Limits />
    <Quota />
    <Switches />
  </div>
)

const Clock = () => {
  const t = texts.value.time
  const millis = now()
  const chosen = useSignal("")
  if (millis === undefined) return <p class="nothing">{texts.value.loading}</p>
  return (
    <section>
      <h2>{t.clock}</h2>
      <p class="clock">
        <time dateTime={machine(millis)}>{full(millis)}</time>{" "}
        <span class="tag">{isFrozen() ? t.frozen : t.running}</span>
      </p>
      <div class="buttons">
        <button
          type="button"
          class="primary"
          onClick={() => void reportFailure(moveClock({ frozen: !isFrozen() }))}
        >
          {isFrozen() ? t.run : t.freeze}
        </button>
        {(["minute", "hour", "hours", "day"] as const).map((step) => (
          <button
            key={step}
            type="button"
            title={step === "hours" ? t.hoursTitle : undefined}
            onClick={() => void reportFailure(moveClock({ advance: steps[step] }))}
          >
            {t[step]}
          </button>
        ))}
      </div>
      <form
        class="pair"
        onSubmit={(event) => {
          event.preventDefault()
          void reportFailure(moveClock({ set: fromField(chosen.value || toField(millis)) }))
        }}
      >
        <Field
          label={t.setTo}
          type="datetime-local"
          step={1}
          required
          value={chosen.value || toField(millis)}
          onType={(text) => {
            chosen.value = text
          }}
        />
        <button type="submit">{t.set}</button>
      </form>
      <p class="hint">{t.hint}</p>
    </section>
  )
}

const Limits = () => {
  const t = texts.value.time
  const millis = now()
  if (behaviour.value === undefined || millis === undefined) return null
  const { rateLimit } = behaviour.value
  return (
    <section>
      <h2>{t.limits}</h2>
      <p class="hint">{rateLimit === "off" ? t.off : t.counted}</p>
      {rateLimit !== "off" && limits.value.length === 0 && <p>{t.nothingUsed}</p>}
      {rateLimit !== "off" && (
        <ul class="limits">
          {limits.value.map(({ api, app, fullAt, left, requests, tenant, windowSeconds }) => {
            const name = `${api} × ${app} × ${tenant} × ${t.window(windowSeconds)}`
            const seconds = Math.max(0, Math.ceil(fullAt - millis / 1000))
            return (
              <li key={name}>
                <p>
                  <b>{api}</b> × {app} × {tenant} × {t.window(windowSeconds)}
                </p>
                <Meter name={name} left={left} of={requests} />
                <p>
                  <span>{t.left(left, requests)}</span>{" "}
                  <span>{left === requests ? t.full : t.fullAt(timeOfDay(fullAt * 1000), seconds)}</span>
                </p>
              </li>
            )
          })}
        </ul>
      )}
    </section>
  )
}

/** The bar that shows how much is left. */
const Meter = ({ left, name, of }: { readonly left: number; readonly name: string; readonly of: number }) => (
  <div
    role="meter"
    aria-label={name}
    aria-valuemin={0}
    aria-valuemax={of}
    aria-valuenow={left}
    aria-valuetext={texts.value.time.left(left, of)}
  >
    <div style={{ width: `${of === 0 ? 0 : (left / of) * 100}%` }} />
  </div>
)

/** The month's quota of each tenant. */
const Quota = () => {
  const t = texts.value.time
  if (quota.value === undefined) return null
  const { fullAt, limit, month, tenants } = quota.value
  return (
    <section>
      <h2>{t.quota}</h2>
      <p class="hint">
        {limit === "off" ? t.quotaOff : t.quotaCounted(number(limit), month, full(fullAt * 1000))}
      </p>
      {limit !== "off" && tenants.length === 0 && <p>{t.nothingUsed}</p>}
      {limit !== "off" && (
        <ul class="limits">
          {tenants.map(({ left, tenant, used }) => (
            <li key={tenant}>
              <p>
                <b>{tenant}</b>
              </p>
              <Meter name={`${t.quota} × ${tenant}`} left={left} of={limit} />
              <p>
                <span>{t.left(left, limit)}</span> <span>{t.used(used)}</span>
              </p>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

const choices = {
  rateWindow: ["fixed", "sliding", "bucket"],
  rateStatus: [429, 400],
  ninetyDays: ["both", "span", "lookback"],
  emptyList: ["[]", "null", "absent"],
  lastPageToken: ["absent", "empty"],
  pageTokens: ["bound", "free"],
  rateHeaders: ["refuses", "longest"],
  meetingIdRefusal: [99992402, 121003],
  detailsAfter90Days: [121004, 121003, "found"],
  endTimeWhileRunning: ["0", "absent", "start"],
  participantsUnrequested: ["absent", "[]", "null"],
  participantRows: ["participant", "stay"],
  abilityForUser: ["absent", 121002],
  userIdWithoutScope: [99991672, "absent"],
  hostWithoutUserId: ["absent", "empty"],
  unknownMeetingRecording: [122002, 121004],
  unrecordedMeeting: [121004, "empty"],
  recordingWhileRunning: [122001, 121004, 124002],
  recordingInProgress: [124002, 121004],
  recordingForUser: ["participant", "owner"],
  recordingIds: ["absent", "sent"],
  userMeetings: ["own", "all"],
  deviceFlow: ["on", "off"],
} as const satisfies { readonly [Key in keyof Behaviour]?: ReadonlyArray<Behaviour[Key]> }

const numberKeys = [
  "rateLimit",
  "detailsRateLimit",
  "recordingRateLimit",
  "rateLimitPerSecond",
  "monthlyQuota",
  "recordingSeconds",
  "userTokenRateLimit",
  "refreshGrace",
] as const satisfies ReadonlyArray<keyof Behaviour>

const patterns: { readonly [Key in keyof Behaviour]?: string } = {
  monthlyQuota: "off|[0-9]+",
  recordingSeconds: "[0-9]+",
  refreshGrace: "off|[0-9]+",
}

const Switches = () => {
  const t = texts.value.time
  const now = behaviour.value
  if (now === undefined) return null
  return (
    <section class="all">
      <h2>{t.switches}</h2>
      <p class="hint">{t.switchesHint}</p>
      <div class="fields switches">
        {numberKeys.map((key) => (
          <Field
            key={key}
            label={t.behaviour[key]}
            pattern={patterns[key] ?? "off|[1-9][0-9]*"}
            takes={key === "recordingSeconds" ? texts.value.wrong.whole : t.limitOrOff}
            required
            value={now[key]}
            onLeave={(value) =>
              reportFailure(changeBehaviour({ [key]: value === "off" ? value : Number(value) }))
            }
          />
        ))}
        {(Object.keys(choices) as ReadonlyArray<keyof typeof choices>).map((key) => (
          <label key={key}>
            <span>{t.behaviour[key]}</span>
            <select
              value={now[key]}
              onChange={({ currentTarget }) => {
                const value = choices[key].find((one) => String(one) === currentTarget.value)
                void reportFailure(changeBehaviour({ [key]: value }))
              }}
            >
              {choices[key].map((one) => (
                <option key={one} value={one}>
                  {one}
                </option>
              ))}
            </select>
          </label>
        ))}
      </div>
    </section>
  )
}
