/** The workspaces: each is a Feishu that does not see the others. They are added, changed and removed here. */
import type { App } from "../../protocol/PublicTypes.ts"
import { addressOf, change, parameter } from "./address.ts"
import { CopyButton } from "./CopyButton.tsx"
import { Field } from "./Field.tsx"
import { JsonField, objectIn } from "./JsonField.tsx"
import { addWorkspace, apps, putApp, removeWorkspace, shownWorkspace, workspaces } from "./mock.ts"
import { announce, reportFailure } from "./notices.tsx"
import { number } from "./language.ts"
import { texts } from "./texts.ts"

/** The view of the workspaces. */
export const Workspaces = () => {
  const t = texts.value.workspaces
  const shown = shownWorkspace()
  const remove = async (appId: string) => {
    await removeWorkspace(appId)
    if (appId === parameter("app")) change({ app: undefined })
  }
  return (
    <>
      <p class="hint">{t.hint}</p>
      <ul class="cards" aria-label={texts.value.views.workspaces}>
        {workspaces.value.map(({ appId, appSecret, meetingNos }, index) => (
          <li key={appId} class="card" data-shown={appId === shown?.appId ? "" : undefined}>
            <h2>
              <a href={addressOf("workspaces", { app: index === 0 ? undefined : appId })}>
                {index === 0 ? texts.value.shared : appId}
              </a>{" "}
              {appId === shown?.appId && <span class="tag">{t.shown}</span>}
            </h2>
            <dl>
              <div>
                <dt>{texts.value.connect.appId}</dt>
                <dd>{appId}</dd>
              </div>
              <div>
                <dt>{texts.value.connect.appSecret}</dt>
                <dd>
                  <span>{appSecret}</span>{" "}
                  <CopyButton
                    text={appSecret}
                    label={texts.value.connect.copy}
                    name={`${texts.value.connect.copy}: ${texts.value.connect.appSecret} ${appId}`}
                  />
                </dd>
              </div>
              <div>
                <dt>{texts.value.connect.numbers}</dt>
                <dd>{texts.value.connect.some(meetingNos.slice(0, 3), meetingNos.length)}</dd>
              </div>
            </dl>
            {index > 0 && (
              <button
                type="button"
                class="danger"
                aria-label={`${t.remove} ${appId}`}
                onClick={() => {
                  if (confirm(t.removeAsk(appId))) void reportFailure(remove(appId))
                }}
              >
                {t.remove}
              </button>
            )}
          </li>
        ))}
      </ul>
      <div class="columns">
        <AddForm />
        <section>
          <h2>{t.change}</h2>
          <p class="hint">
            {t.changeHint} <a href={addressOf("time")}>{texts.value.views.time}</a>{" "}
            <a href={addressOf("meetings")}>{texts.value.views.meetings}</a>{" "}
            <a href={addressOf("faults")}>{texts.value.views.faults}</a>
          </p>
          {apps.value?.map((app) => (
            <AppForm key={`${shown?.appId} ${app.app_id}`} app={app} />
          ))}
        </section>
      </div>
    </>
  )
}

const AddForm = () => {
  const t = texts.value.workspaces
  const add = async (form: FormData) => {
    const read = (name: string) => Number(form.get(name))
    const rateLimit = String(form.get("rateLimit"))
    const added = await addWorkspace({
      generate: { numbers: read("numbers"), meetings: read("meetings") },
      rateLimit: rateLimit === "off" ? "off" : Number(rateLimit),
    })
    announce(t.added(added.appId))
    change({ app: added.appId })
  }
  return (
    <section>
      <h2>{t.add}</h2>
      <p class="hint">{t.addHint}</p>
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault()
          void reportFailure(add(new FormData(event.currentTarget)))
        }}
      >
        <div class="pair">
          <Field
            label={t.numbers}
            name="numbers"
            type="number"
            required
            min={1}
            max={100_000}
            defaultValue="3"
          />
          <Field
            label={t.meetings}
            name="meetings"
            type="number"
            required
            min={0}
            max={1_000_000}
            defaultValue="120"
          />
        </div>
        <Field
          label={texts.value.time.behaviour.rateLimit}
          name="rateLimit"
          required
          pattern="off|[1-9][0-9]*"
          takes={texts.value.time.limitOrOff}
          defaultValue="100"
        />
        <button type="submit" class="primary">
          {t.add}
        </button>
      </form>
    </section>
  )
}

const AppForm = ({ app }: { readonly app: App }) => {
  const t = texts.value.workspaces
  const save = async (form: FormData) => {
    await putApp(objectIn(String(form.get("app"))) as App)
    announce(t.saved)
  }
  return (
    <details>
      <summary>{t.app(app.app_id, number(app.scopes.length))}</summary>
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault()
          void reportFailure(save(new FormData(event.currentTarget)))
        }}
      >
        <JsonField label={t.appHint} name="app" value={app} />
        <button type="submit">{texts.value.meetings.save}</button>
      </form>
    </details>
  )
}
