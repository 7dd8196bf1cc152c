/** Who has signed in to which app, who can, and the devices that wait for somebody. A login is revoked here, as its user or Feishu would. */
import { ask } from "./control.ts"
import { devices, logins, type Login, readLogins, users } from "./mock.ts"
import { announce, reportFailure } from "./notices.tsx"
import { texts } from "./texts.ts"
import { machine, timeOfDay, toTheMinute } from "./times.ts"

// The contract and the state have them, too, with more than a page should load.
const authorizePath = "/open-apis/authen/v1/authorize"
const devicePath = "/oauth/v1/device"

/** The view of the logins. */
export const Logins = () => {
  const t = texts.value.logins
  if (logins.value === undefined) return <p class="nothing">{texts.value.loading}</p>
  return (
    <>
      {logins.value.length === 0 ? (
        <p class="nothing">
          {t.none}{" "}
          <code>
            {location.origin}
            {authorizePath}
          </code>
        </p>
      ) : (
        <table class="logins">
          <caption class="hidden">{t.caption}</caption>
          <thead>
            <tr>
              <th scope="col">{t.account}</th>
              <th scope="col">{t.app}</th>
              <th scope="col">{t.scopes}</th>
              <th scope="col">{t.since}</th>
              <th scope="col">{t.until}</th>
              <th scope="col">
                <span class="hidden">{t.revoke}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {logins.value.map((login) => (
              <LoginRow key={`${login.client_id} ${login.open_id}`} login={login} />
            ))}
          </tbody>
        </table>
      )}
      <div class="columns">
        <Devices />
        <Users />
      </div>
    </>
  )
}

const LoginRow = ({ login }: { readonly login: Login }) => {
  const t = texts.value.logins
  const { authorized_at: since, client_id, ends_at: until, name, open_id, renewable, scopes } = login
  const revoke = async () => {
    await ask("POST", "/logins/revoke", { body: { client_id, open_id } })
    announce(t.revoked(name))
    await readLogins()
  }
  return (
    <tr>
      <th scope="row">
        {name} <span class="id">{open_id}</span>
      </th>
      <td data-label={t.app}>{client_id}</td>
      <td data-label={t.scopes}>{scopes.length === 0 ? texts.value.detail.none : scopes.join(" ")}</td>
      <td class="time" data-label={t.since}>
        <time dateTime={machine(since * 1000)}>{toTheMinute(since * 1000)}</time>
      </td>
      <td class="time" data-label={t.until}>
        {until === undefined ? (
          t.ended
        ) : (
          <time dateTime={machine(until * 1000)}>{toTheMinute(until * 1000)}</time>
        )}
        {renewable && <span class="tag">{t.renewable}</span>}
      </td>
      <td>
        <button
          type="button"
          class="danger"
          aria-label={t.revokeOf(name, client_id)}
          onClick={() => {
            if (confirm(t.revokeAsk(name, client_id))) void reportFailure(revoke())
          }}
        >
          {t.revoke}
        </button>
      </td>
    </tr>
  )
}

const Devices = () => {
  const t = texts.value.logins
  return (
    <section>
      <h2>{t.devices}</h2>
      <p class="hint">{devices.value.length === 0 ? t.noDevices : t.devicesHint}</p>
      {devices.value.length > 0 && (
        <ul class="short-list">
          {devices.value.map(({ client_id, expires_at, user_code }) => (
            <li key={user_code}>
              <a
                href={`${devicePath}?user_code=${encodeURIComponent(user_code)}`}
                target="_blank"
                rel="noopener"
              >
                {user_code}
              </a>{" "}
              <span class="id">{t.device(client_id, timeOfDay(expires_at * 1000))}</span>
            </li>
          ))}
        </ul>
      )}
      <p>
        <a href={devicePath} target="_blank" rel="noopener">
          {t.enter}
        </a>
      </p>
    </section>
  )
}

/** The most users that are shown: a workspace may have ten thousand. */
const mostUsers = 100

const Users = () => {
  const t = texts.value.logins
  return (
    <section>
      <h2>{t.users}</h2>
      <p class="hint">{t.usersHint}</p>
      <ul class="short-list">
        {users.value.slice(0, mostUsers).map(({ en_name, name, open_id, policy, status }) => (
          <li key={open_id}>
            {name}
            {en_name !== name && ` (${en_name})`}{" "}
            {status !== "active" && <span class="tag">{t.states[status]}</span>}{" "}
            {policy !== undefined && <span class="tag">{t.policies[policy]}</span>}{" "}
            <span class="id">{open_id}</span>
          </li>
        ))}
      </ul>
      {users.value.length > mostUsers && <p>{texts.value.meeting.more(users.value.length - mostUsers)}</p>}
    </section>
  )
}
