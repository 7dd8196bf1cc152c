/** Failure on demand: the rules, a form for a new rule, and chaos. */
import { useSignal } from "@preact/signals"
import type {
  Active,
  NetworkFault,
  Operation,
  PagingFault,
  Rule,
  Then,
  When,
} from "../../protocol/PublicTypes.ts"
import { ask } from "./control.ts"
import { Field } from "./Field.tsx"
import { faults, readFaults } from "./mock.ts"
import { reportFailure } from "./notices.tsx"
import { number } from "./language.ts"
import { texts } from "./texts.ts"

/** Changes the faults, and shows the result. */
const changeFaults = (method: string, path: string, body?: unknown): void => {
  const done = async () => {
    await ask(method, path, { body })
    await readFaults()
  }
  void reportFailure(done())
}

const keysOf = <Key extends string | number>(record: Readonly<Record<Key, string>>) =>
  Object.keys(record) as ReadonlyArray<`${Key}`>

/** The view of the faults. */
export const Faults = () => {
  const t = texts.value
  if (faults.value === undefined) return <p class="nothing">{t.loading}</p>
  const { chaos, rules } = faults.value
  return (
    <>
      {rules.length === 0 ? (
        <p class="nothing">{t.faults.none}</p>
      ) : (
        <table class="faults">
          <caption class="hidden">{t.faults.caption}</caption>
          <thead>
            <tr>
              <th scope="col">{t.faults.on}</th>
              <th scope="col">{t.faults.operation}</th>
              <th scope="col">{t.faults.when}</th>
              <th scope="col">{t.faults.then}</th>
              <th scope="col" class="number">
                {t.faults.counts}
              </th>
              <th scope="col">
                <span class="hidden">{t.faults.remove}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rules.map((rule) => (
              <RuleRow key={rule.id} rule={rule} />
            ))}
          </tbody>
        </table>
      )}
      <div class="columns">
        <RuleForm />
        <section>
          <h2>{t.faults.chaos}</h2>
          <p class="hint">{t.faults.chaosHint}</p>
          {chaos === null ? (
            <ChaosForm />
          ) : (
            <div class="fields">
              <p>{t.faults.chaosOn(number(chaos.rate * 100, 1), String(chaos.seed))}</p>
              <button type="button" onClick={() => changeFaults("DELETE", "/chaos")}>
                {t.faults.stop}
              </button>
            </div>
          )}
        </section>
      </div>
    </>
  )
}

const RuleRow = ({ rule }: { readonly rule: Active }) => {
  const t = texts.value
  const { enabled, fired, id, operation, seen, then, when } = rule
  const path = `/faults/${encodeURIComponent(id)}`
  return (
    <tr data-off={enabled ? undefined : ""}>
      <td>
        <input
          type="checkbox"
          role="switch"
          aria-label={t.faults.switchRule(id)}
          checked={enabled}
          onChange={({ currentTarget }) => changeFaults("PATCH", path, { enabled: currentTarget.checked })}
        />
      </td>
      <th scope="row">
        {operation === "*" ? t.faults.every : operation} <span class="id">{id}</span>
      </th>
      <td data-label={t.faults.when}>{whenInWords(when)}</td>
      <td data-label={t.faults.then}>{thenInWords(then)}</td>
      <td class="number" data-label={t.faults.counts}>
        <span aria-hidden="true">
          {number(fired)} / {number(seen)}
        </span>
        <span class="hidden">{t.faults.counted(fired, seen)}</span>
      </td>
      <td>
        <button
          type="button"
          aria-label={`${t.faults.remove} ${id}`}
          onClick={() => changeFaults("DELETE", path)}
        >
          {t.faults.remove}
        </button>
      </td>
    </tr>
  )
}

const whenInWords = ({ after, first, matching, nth }: When = {}): string => {
  const { inWords } = texts.value.faults
  const fields = Object.entries(matching ?? {}).map(([key, value]) => `${key}=${value ?? inWords.absent}`)
  const words = [
    ...(nth === undefined ? [] : [inWords.nth(nth)]),
    ...(after === undefined ? [] : [inWords.after(after)]),
    ...(first === undefined ? [] : [inWords.first(first)]),
    ...(fields.length === 0 ? [] : [inWords.matching(fields.join(", "))]),
  ]
  return words.length === 0 ? inWords.every : words.join(inWords.and)
}

const thenInWords = ({ code, delaySeconds, network, paging, status }: Then): string => {
  const { codes, faults, network: networks, paging: pagings } = texts.value
  const meaning = code === undefined ? undefined : (codes as Readonly<Record<number, string>>)[code]
  return [
    ...(code === undefined ? [] : [meaning === undefined ? String(code) : `${code} ${meaning}`]),
    ...(status === undefined ? [] : [faults.inWords.status(status)]),
    ...(network === undefined ? [] : [networks[network]]),
    ...(paging === undefined ? [] : [pagings[paging]]),
    ...(delaySeconds === undefined ? [] : [faults.inWords.delay(Number(delaySeconds))]),
  ].join(faults.inWords.and)
}

const overLimit = 99991400

/** Returns the failure that a choice of the form means. */
const thenOf = (operation: Rule["operation"], what: string, n: number): Then => {
  const [kind, name = ""] = what.split(/:(.*)/s)
  switch (kind) {
    case "network":
      return { network: name as NetworkFault }
    case "paging":
      return { paging: name as PagingFault }
    case "delay":
      return { delaySeconds: n }
    case "status":
      return { status: n }
    default: {
      const code = name === "" ? n : Number(name)
      // A client waits for the reset, so there must be one.
      return code === overLimit
        ? { code, headers: { "x-ogw-ratelimit-limit": limitOf(operation), "x-ogw-ratelimit-reset": "5" } }
        : { code }
    }
  }
}

/** Returns the documented limit of a minute. */
const limitOf = (operation: Rule["operation"]): string =>
  operation === "meetings.get" || operation === "meetings.getRecording" ? "1000" : "100"

const RuleForm = () => {
  const t = texts.value
  const operation = useSignal<Operation | "*">("meetings.listByNo")
  const when = useSignal("")
  const what = useSignal("code:121001")
  return (
    <section>
      <h2>{t.faults.add}</h2>
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault()
          const form = new FormData(event.currentTarget)
          const rule: Rule = {
            operation: operation.value,
            ...(when.value === "" ? {} : { when: { [when.value]: Number(form.get("n")) } }),
            then: thenOf(operation.value, what.value, Number(form.get("value"))),
          }
          changeFaults("POST", "/faults", rule)
        }}
      >
        <label>
          {t.faults.operation}
          <select
            value={operation.value}
            onChange={({ currentTarget }) => {
              operation.value = currentTarget.value as Operation | "*"
              if (operation.value !== "meetings.listByNo" && what.value.startsWith("paging:")) {
                what.value = "code:121001"
              }
            }}
          >
            {keysOf(t.operations).map((name) => (
              <option key={name} value={name}>
                {name} – {t.operations[name]}
              </option>
            ))}
            <option value="*">{t.faults.every}</option>
          </select>
        </label>
        <div class="pair">
          <label>
            {t.faults.when}
            <select
              value={when.value}
              onChange={({ currentTarget }) => {
                when.value = currentTarget.value
              }}
            >
              <option value="">{t.faults.whenEvery}</option>
              <option value="nth">{t.faults.whenNth}</option>
              <option value="first">{t.faults.whenFirst}</option>
              <option value="after">{t.faults.whenAfter}</option>
            </select>
          </label>
          {when.value !== "" && (
            <Field
              class="short"
              label={t.faults.n}
              name="n"
              type="number"
              required
              min={1}
              max={1_000_000}
              defaultValue="1"
            />
          )}
        </div>
        <div class="pair">
          <label>
            {t.faults.then}
            <select
              value={what.value}
              onChange={({ currentTarget }) => {
                what.value = currentTarget.value
              }}
            >
              <optgroup label={t.faults.codes}>
                {keysOf(t.codes).map((code) => (
                  <option key={code} value={`code:${code}`}>
                    {code} – {t.codes[code]}
                  </option>
                ))}
                <option value="code:">{t.faults.otherCode}</option>
              </optgroup>
              <optgroup label={t.faults.network}>
                {keysOf(t.network).map((name) => (
                  <option key={name} value={`network:${name}`}>
                    {t.network[name]}
                  </option>
                ))}
              </optgroup>
              <optgroup label={t.faults.paging} disabled={operation.value !== "meetings.listByNo"}>
                {keysOf(t.paging).map((name) => (
                  <option key={name} value={`paging:${name}`}>
                    {t.paging[name]}
                  </option>
                ))}
              </optgroup>
              <optgroup label={t.faults.gateway}>
                <option value="status:">{t.faults.plainStatus}</option>
              </optgroup>
              <optgroup label={t.faults.time}>
                <option value="delay:">{t.faults.delay}</option>
              </optgroup>
            </select>
          </label>
          {what.value === "code:" && (
            <Field class="short" label={t.faults.code} name="value" type="number" required />
          )}
          {what.value === "status:" && (
            <Field
              class="short"
              label={t.faults.statusField}
              name="value"
              type="number"
              required
              min={200}
              max={599}
              defaultValue="503"
            />
          )}
          {what.value === "delay:" && (
            <Field
              class="short"
              label={t.faults.seconds}
              name="value"
              type="number"
              required
              min={0}
              max={600}
              step="any"
              defaultValue="3"
            />
          )}
        </div>
        <button type="submit" class="primary">
          {t.faults.submit}
        </button>
      </form>
    </section>
  )
}

/** One failure of each kind that a client must survive. */
const chaosFaults: ReadonlyArray<Then> = [
  { code: 121001 },
  thenOf("*", `code:${overLimit}`, 0),
  { network: "reset in mid-body" },
  { network: "HTML" },
]

const ChaosForm = () => {
  const t = texts.value
  return (
    <form
      class="fields"
      onSubmit={(event) => {
        event.preventDefault()
        const form = new FormData(event.currentTarget)
        changeFaults("PUT", "/chaos", {
          rate: Number(form.get("rate")) / 100,
          seed: String(form.get("seed")),
          faults: chaosFaults,
        })
      }}
    >
      <div class="pair">
        <Field
          label={t.faults.rate}
          name="rate"
          type="number"
          required
          min={0}
          max={100}
          step="any"
          defaultValue="20"
        />
        <Field label={t.faults.seed} name="seed" required defaultValue="1" />
      </div>
      <button type="submit">{t.faults.start}</button>
    </form>
  )
}
