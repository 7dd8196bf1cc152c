/** What a program needs to use the mock: addresses, credentials, and lines that work when they are pasted into a shell. */
import { useEffect } from "preact/hooks"
import * as FirstPage from "../../protocol/FirstPage.ts"
import { parameter } from "./address.ts"
import { CopyButton } from "./CopyButton.tsx"
import { language } from "./language.ts"
import { apps, now, readApps, shownWorkspace } from "./mock.ts"
import { texts } from "./texts.ts"

/** The section. */
export const Connect = () => {
  const t = texts.value.connect
  const workspace = parameter("app")
  useEffect(() => {
    void readApps().catch(() => {})
  }, [workspace])
  // A store app gets its tokens with tickets, which no curl line has.
  const app = apps.value?.find(({ type }) => type !== "store")
  const meetingNos = shownWorkspace()?.meetingNos ?? []
  const [meetingNo] = meetingNos
  const millis = now()
  const { origin } = location
  const lines =
    app === undefined || meetingNo === undefined || millis === undefined
      ? undefined
      : FirstPage.lines({
          url: origin,
          appId: app.app_id,
          appSecret: app.app_secret,
          meetingNo,
          // To the day, so that the lines stay the same while they are selected.
          now: millis / 1000,
        }).join("\n")
  const rows: ReadonlyArray<readonly [string, string]> = [
    [t.baseUrl, origin],
    ...(app === undefined
      ? []
      : ([
          [t.appId, app.app_id],
          [t.appSecret, app.app_secret],
        ] as const)),
  ]
  return (
    <section class="connect">
      <h2>{t.title}</h2>
      <dl>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <span>{value}</span> <CopyButton text={value} label={t.copy} name={`${t.copy}: ${name}`} />
            </dd>
          </div>
        ))}
        <div>
          <dt>{t.numbers}</dt>
          <dd>
            {meetingNos.length === 0
              ? texts.value.detail.none
              : t.some(meetingNos.slice(0, 5), meetingNos.length)}
          </dd>
        </div>
      </dl>
      {lines !== undefined && (
        <>
          <div class="toolbar">
            <h3>{t.curl}</h3>
            <CopyButton text={lines} label={t.copy} name={`${t.copy}: curl`} />
          </div>
          <pre tabIndex={0} aria-label="curl">
            {lines}
          </pre>
        </>
      )}
      {apps.value !== undefined && app === undefined && <p class="hint">{t.storeOnly}</p>}
      <p class="links">
        <a href="/_mock/docs" target="_blank" rel="noopener">
          {t.description}
        </a>
        <a href="/_mock/openapi.json" target="_blank" rel="noopener">
          openapi.json
        </a>
        <a
          href={language.value === "zh" ? "/_mock/README.zh-CN.md" : "/_mock/README.md"}
          target="_blank"
          rel="noopener"
        >
          README
        </a>
      </p>
    </section>
  )
}
