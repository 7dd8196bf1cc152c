/** What the control plane does. */
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { ListByNo } from "@effect-feishu/contract"
import { shortened } from "@effect-feishu/terminal/Shortened"
import * as AppTicketPush from "../feishu/AppTicketPush.ts"
import * as Bounds from "../protocol/Bounds.ts"
import * as TimeText from "../seed/TimeText.ts"
import * as ControlApi from "./ControlApi.ts"
import * as ControlDocs from "./ControlDocs.ts"
import * as ControlPaths from "./ControlPaths.ts"
import { json } from "../feishu/answers.ts"
import * as FaultRules from "../faults/FaultRules.ts"
import type * as Journal from "../state/Journal.ts"
import * as Verification from "../state/Verification.ts"
import * as Problems from "../protocol/Problems.ts"
import * as Seed from "../seed/Seed.ts"
import * as SnapshotTransfer from "./SnapshotTransfer.ts"
import * as Store from "../state/Store.ts"
import * as VirtualClock from "../state/VirtualClock.ts"
import * as Workspace from "../state/Workspace.ts"
import type { Workspaces } from "../state/Workspaces.ts"

const done = { ok: true as const }

const refused = (error: string, problems: ReadonlyArray<string> = []) =>
  new ControlApi.Refused({ error, problems: Problems.told(problems) })

/** A seed's faults as a refusal that lists them. */
const refusedSeed = (error: Seed.SeedInvalid) => {
  const [first = "", ...problems] = error.message.split("\n").map((line) => line.trim())
  return new ControlApi.Refused({ error: first, problems })
}

/** Every route under `/_mock`. */
export const routes = (workspaces: Workspaces) => {
  /** The workspace that a request is about. */
  const find = (query: { readonly app_id?: string | undefined }) =>
    Effect.suspend(() => {
      const { app_id: appId } = query
      const workspace = appId === undefined ? workspaces.shared : workspaces.ofApp(appId)
      return workspace === undefined
        ? Effect.fail(
            new ControlApi.Missing({ error: `no workspace has the app ${shortened(appId ?? "", 100)}` }),
          )
        : Effect.succeed(workspace)
    })
  /** Changes a workspace, while nobody else changes it. */
  const change = <Change extends Effect.Effect<unknown, unknown>>(
    query: { readonly app_id?: string | undefined },
    how: (workspace: Workspace.Workspace) => Change,
  ): Effect.Effect<Effect.Success<Change>, Effect.Error<Change> | ControlApi.Missing> =>
    Effect.flatMap(find(query), (workspace) =>
      workspace.alone(
        Effect.suspend(() => how(workspace) as Effect.Effect<Effect.Success<Change>, Effect.Error<Change>>),
      ),
    )
  const missing = (what: string) =>
    Effect.fail(new ControlApi.Missing({ error: `there is no ${shortened(what, 200)}` }))
  const doneOr = (found: boolean, what: string) => (found ? Effect.succeed(done) : missing(what))

  const state = HttpApiBuilder.group(ControlApi.Api, "state", (handlers) =>
    handlers
      .handle("health", () => Effect.succeed({ status: "ok" as const }))
      .handle("reset", ({ query }) =>
        change(query, (workspace) =>
          Effect.as(Effect.mapError(workspace.reset(workspaces.mayHave(workspace)), refusedSeed), done),
        ),
      )
      .handleRaw("snapshot", ({ query, request }) =>
        Effect.flatMap(find(query), (workspace) => SnapshotTransfer.send(request, workspace.snapshot())),
      )
      .handleRaw("restore", ({ query, request }) =>
        Effect.andThen(
          // Who asks for a workspace that is not there need not send a snapshot first.
          find(query),
          Effect.flatMap(SnapshotTransfer.receive(request), (snapshot) =>
            change(query, (workspace) =>
              Effect.as(
                Effect.mapError(workspace.restore(snapshot, workspaces.mayHave(workspace)), refusedSeed),
                done,
              ),
            ),
          ),
        ),
      )
      .handle("behaviour", ({ query }) => Effect.map(find(query), ({ state }) => state.behaviour))
      .handle("changeBehaviour", ({ payload, query }) =>
        change(query, (workspace) => {
          workspace.change(payload)
          return Effect.succeed(workspace.state.behaviour)
        }),
      ),
  )

  const apps = HttpApiBuilder.group(ControlApi.Api, "apps", (handlers) =>
    handlers
      .handle("apps", ({ query }) =>
        Effect.map(find(query), ({ state }) => state.store.apps().map(Store.written)),
      )
      .handle("putApp", ({ payload, query }) =>
        change(query, (workspace) => {
          const refusal = workspaces.mayHave(workspace)([payload])
          if (refusal !== undefined) return Effect.fail(refusedSeed(refusal))
          workspace.secrets.rememberApp(payload)
          return workspace.state.store.putApp(payload)
            ? Effect.succeed(done)
            : Effect.fail(refused(`there is no room for the app ${payload.app_id}`, [Bounds.ofWorkspace]))
        }),
      )
      .handle("removeApp", ({ params, query }) =>
        change(query, ({ state: { store } }) =>
          store.app(params.id) !== undefined && store.apps().length === 1
            ? Effect.fail(refused(`${params.id} is the only app of its workspace`))
            : doneOr(store.removeApp(params.id), `app ${params.id}`),
        ),
      )
      .handle("tokens", ({ query }) =>
        Effect.map(find(query), ({ state }) =>
          state.tokens.all(state.clock.now()).map(({ appId, expiresAt, kind, tenant, text }) => ({
            kind,
            text: `${text.slice(0, 5)}…`,
            appId,
            tenant,
            expiresAt: expiresAt / 1000,
          })),
        ),
      )
      .handle("revokeToken", ({ payload, query }) =>
        change(query, ({ state }) => {
          const { token } = payload
          const texts =
            token === undefined ? state.tokens.all(state.clock.now()).map(({ text }) => text) : [token]
          const revoked = texts.filter((text) => state.tokens.revoke(text)).length
          return token !== undefined && revoked === 0 ? missing("such token") : Effect.succeed({ revoked })
        }),
      )
      .handle("authorize", ({ payload, query }) =>
        change({ app_id: payload.client_id, ...query }, ({ state }) => {
          const app = state.store.app(payload.client_id)
          if (app === undefined) return missing(`app ${payload.client_id}`)
          const code = state.tokens.mintCode(
            {
              appId: app.app_id,
              tenant: payload.tenant_key ?? app.tenants[0],
              scopes: payload.scopes ?? ListByNo.scopes,
              redirectUri: payload.redirect_uri,
              codeChallenge: payload.code_challenge,
              codeChallengeMethod: payload.code_challenge_method,
            },
            state.clock.now(),
          )
          return Effect.succeed({ code })
        }),
      )
      .handle("pushAppTicket", ({ payload }) =>
        change(payload, (workspace) => {
          const app = workspace.state.store.app(payload.app_id)
          if (app?.type !== "store") return Effect.fail(refused(`${payload.app_id} is no store app`))
          return Effect.map(AppTicketPush.push(workspace, app), (app_ticket) => ({ app_ticket }))
        }),
      ),
  )

  const meetings = HttpApiBuilder.group(ControlApi.Api, "meetings", (handlers) =>
    handlers
      .handle("meetings", ({ query }) =>
        Effect.map(find(query), ({ state }) => {
          const { limit = 50, meeting_no: meetingNo, offset = 0, search: text } = query
          const { meetings, total } = state.store.search({
            meetingNo,
            text,
            offset,
            limit: Math.min(limit, 1_000),
          })
          return { total, meetings: meetings.map(Store.written) }
        }),
      )
      .handle("putMeetings", ({ payload, query }) =>
        change(query, ({ state }) => {
          const tenants = new Set(state.store.apps().flatMap(({ tenants }) => tenants))
          const now = Math.floor(state.clock.now() / 1000)
          const meetings = payload.map((meeting) => Seed.inSeconds(meeting, now))
          const problems = meetings.flatMap(
            ({ end_time: end, start_time: start, tenant_key: tenant }, index) => [
              ...(tenant !== undefined && !tenants.has(tenant)
                ? [`[${index}].tenant_key: no app has it`]
                : []),
              ...(end !== undefined && end < start ? [`[${index}].end_time: is before start_time`] : []),
              ...(start > TimeText.lastSecond ? [`[${index}].start_time: ${Seed.tooLate}`] : []),
              ...(end !== undefined && end > TimeText.lastSecond
                ? [`[${index}].end_time: ${Seed.tooLate}`]
                : []),
            ],
          )
          if (problems.length > 0) return Effect.fail(refused("these meetings cannot be", problems))
          if (!state.store.hasRoomFor(meetings)) {
            return Effect.fail(refused("there is no room for these meetings", [Bounds.ofWorkspace]))
          }
          return Effect.as(Store.putAll(state.store, meetings), { put: payload.length })
        }),
      )
      .handle("removeMeeting", ({ params, query }) =>
        change(query, ({ state }) => doneOr(state.store.removeMeeting(params.id), `meeting ${params.id}`)),
      ),
  )

  const faults = HttpApiBuilder.group(ControlApi.Api, "faults", (handlers) =>
    handlers
      .handle("faults", ({ query }) =>
        Effect.map(find(query), ({ state }) => ({
          rules: state.faults.list(),
          chaos: state.faults.chaos() ?? null,
        })),
      )
      .handle("addFault", ({ payload, query }) =>
        change(query, ({ state }) =>
          state.faults.isFull()
            ? Effect.fail(refused(`there are ${Bounds.rules} rules already: remove some`))
            : Effect.succeed(state.faults.add(payload)),
        ),
      )
      .handle("enableFault", ({ params, payload, query }) =>
        change(query, ({ state }) => {
          const rule = state.faults.enable(params.id, payload.enabled)
          return rule === undefined ? missing(`rule ${params.id}`) : Effect.succeed(rule)
        }),
      )
      .handle("removeFault", ({ params, query }) =>
        change(query, ({ state }) => doneOr(state.faults.remove(params.id), `rule ${params.id}`)),
      )
      .handle("clearFaults", ({ query }) =>
        change(query, ({ state }) => Effect.sync(() => (state.faults.clear(), done))),
      )
      .handle("chaos", ({ payload, query }) =>
        change(query, ({ state }) => Effect.sync(() => (state.faults.setChaos(payload), done))),
      )
      .handle("calm", ({ query }) =>
        change(query, ({ state }) => Effect.sync(() => (state.faults.setChaos(undefined), done))),
      ),
  )

  const journal = HttpApiBuilder.group(ControlApi.Api, "journal", (handlers) =>
    handlers
      .handle("journal", ({ query }) =>
        Effect.map(find(query), ({ state }) => {
          const { app_id: appId, ...filter } = query
          // The app names the workspace here; that of a filter would be the same.
          void appId
          return state.journal.entries(filter)
        }),
      )
      // Raw: the first thing that is sent must not wait for the first entry, or a client would wait for headers.
      .handleRaw("watch", ({ query }) =>
        Effect.map(find(query), ({ state }) => {
          const entries = Stream.callback<Journal.Entry>(
            (queue) =>
              Effect.acquireRelease(
                Effect.sync(() => state.journal.listen((entry) => Queue.offerUnsafe(queue, entry))),
                (stop) => Effect.sync(stop),
              ),
            // Whoever reads slower than requests come misses the oldest: `seq` shows the gap.
            { bufferSize: Bounds.watchedEntries, strategy: "sliding" },
          )
          const events = Stream.map(entries, (entry) => `data: ${JSON.stringify(entry)}\n\n`)
          return HttpServerResponse.stream(
            Stream.encodeText(Stream.concat(Stream.make(": what happens from now on\n\n"), events)),
            { contentType: "text/event-stream" },
          )
        }),
      )
      .handle("journalEntry", ({ params, query }) =>
        Effect.flatMap(find(query), ({ state }) => {
          const detail = state.journal.detail(params.seq)
          return detail === undefined ? missing(`entry ${params.seq}`) : Effect.succeed(detail)
        }),
      )
      .handle("clearJournal", ({ query }) =>
        change(query, ({ state }) => Effect.sync(() => (state.journal.clear(), done))),
      )
      .handle("verify", ({ payload, query }) =>
        Effect.map(find(query), ({ secrets, state }) =>
          Verification.verify(state.journal.entries(), payload.calls, payload.inOrder ?? false, secrets),
        ),
      )
      .handle("findings", ({ query }) =>
        Effect.map(find(query), ({ secrets, state }) => ({
          unmatched: state.journal.entries().filter(({ operation }) => operation === undefined),
          unusedFaults: state.faults
            .list()
            .filter(({ fired }) => fired === 0)
            .map((rule) => FaultRules.shown(rule, secrets)),
          early: state.journal.entries().filter(({ earlyMillis }) => earlyMillis !== undefined),
        })),
      ),
  )

  const clockOf = ({ state }: Workspace.Workspace) => ({
    now: state.clock.now() / 1000,
    frozen: state.clock.isFrozen(),
  })
  const time = HttpApiBuilder.group(ControlApi.Api, "time", (handlers) =>
    handlers
      .handle("clock", ({ query }) => Effect.map(find(query), clockOf))
      .handle("moveClock", ({ payload, query }) =>
        change(query, (workspace) => {
          const { clock } = workspace.state
          const { advance = 0, frozen, set } = payload
          const now = clock.now() / 1000
          const to = VirtualClock.secondsOf(set ?? now, now).pipe(
            Option.flatMap((from) => VirtualClock.secondsOf(from + advance, now)),
            Option.getOrUndefined,
          )
          if (to === undefined) {
            const key = advance === 0 ? "set" : "advance"
            return Effect.fail(refused("the clock cannot be moved there", [`${key}: ${VirtualClock.bounds}`]))
          }
          if (set !== undefined || advance !== 0) clock.set(to * 1000)
          if (frozen === true) clock.freeze()
          if (frozen === false) clock.run()
          return Effect.succeed(clockOf(workspace))
        }),
      )
      .handle("limits", ({ query }) =>
        Effect.map(find(query), ({ state }) =>
          state.rateLimit
            .counts(state.clock.now())
            .map((count) => ({ ...count, fullAt: count.fullAt / 1000 })),
        ),
      ),
  )

  const infoOf = (workspace: Workspace.Workspace) => {
    const app = Workspace.firstApp(workspace)
    return {
      appId: app.app_id,
      appSecret: app.app_secret,
      meetingNos: Workspace.meetingNos(workspace),
    }
  }
  let added = 0
  const workspacesGroup = HttpApiBuilder.group(ControlApi.Api, "workspaces", (handlers) =>
    handlers
      .handle("workspaces", () => Effect.sync(() => workspaces.all().map(infoOf)))
      .handle("addWorkspace", ({ payload }) =>
        Effect.gen(function* () {
          added++
          const app = Workspace.appOfItsOwn(added)
          const seed = payload.seed ?? (payload.generate === undefined ? Workspace.sampleSeed : {})
          const workspace = yield* Effect.mapError(
            Workspace.make(
              {
                randomSeed: `workspace ${added}`,
                onRequest: workspaces.shared.onRequest,
                ...payload,
                seed: { ...seed, apps: payload.seed?.apps ?? [app] },
              },
              workspaces.shared.secrets,
            ),
            refusedSeed,
          )
          const taken = workspaces.add(workspace)
          if (taken !== undefined) return yield* refused(taken)
          return infoOf(workspace)
        }),
      )
      .handle("removeWorkspace", ({ params }) =>
        doneOr(workspaces.remove(params.id), `workspace of its own with the app ${params.id}`),
      ),
  )

  return Layer.mergeAll(
    HttpApiBuilder.layer(ControlApi.Api, { openapiPath: ControlPaths.openapi }),
    ControlDocs.layer,
  ).pipe(
    Layer.provide([state, apps, meetings, faults, journal, time, workspacesGroup]),
    Layer.provide(problems),
  )
}

const problems = HttpApiMiddleware.layerSchemaErrorTransform(ControlApi.Problems, (error) =>
  Effect.succeed(
    json(
      JSON.stringify({
        _tag: "Refused",
        error: "this request cannot be",
        problems: Problems.told(Problems.ofIssue(error.cause.issue).map(Problems.inWords)),
      }),
      { status: 400 },
    ),
  ),
)
