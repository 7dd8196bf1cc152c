/** The settings of a backfill: the secrets of several apps, and the password of the database; in this process. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Exit, Layer, Logger, Redacted } from "effect"
import { type AccessToken, FeishuConfig, Retry } from "@effect-feishu/core"
import * as NodeHttp from "@effect-feishu/core/node"
import { withoutSecrets } from "../src/console/KnownSecrets.ts"
import { Stderr } from "../src/console/Stderr.ts"
import { faultOf } from "../src/failure/Fault.ts"
import * as SecretFlags from "../src/input/SecretFlags.ts"
import * as AppCredentials from "../src/settings/AppCredentials.ts"
import * as ConfigFiles from "../src/settings/ConfigFiles.ts"
import * as DatabaseAddress from "../src/commands/backfill/database.ts"
import * as LoadedSettings from "../src/settings/LoadedSettings.ts"
import * as Setting from "../src/settings/Setting.ts"
import * as ShownSettings from "../src/settings/ShownSettings.ts"

const secrets = {
  one: "FakeSecretOfTheFirstAppForTests1",
  two: "FakeSecretOfTheSecondAppForTests",
  three: "FakeSecretOfTheThirdAppForTests3",
  ticket: "FakeTicketForTests",
  database: "FakePasswordOfTheDatabase",
}

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "feishu-meetings-"))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Runs with a home that holds these files, and these variables. */
const at = <A, E>(
  name: string,
  {
    environment = {},
    files = {},
  }: {
    readonly environment?: Readonly<Record<string, string>>
    readonly files?: Readonly<Record<string, string>>
  },
  effect: (home: string) => Effect.Effect<A, E, ConfigFiles.ConfigFiles | Stderr>,
) => {
  const home = join(folder, name)
  mkdirSync(home)
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(home, path)), { recursive: true })
    writeFileSync(join(home, path), content, { mode: 0o600 })
  }
  const variables: Record<string, string> = { HOME: home, ...environment }
  const before = Object.fromEntries(Object.keys(variables).map((key) => [key, process.env[key]]))
  return Effect.acquireUseRelease(
    Effect.sync(() => Object.assign(process.env, variables)),
    () =>
      effect(home).pipe(
        Effect.provideServiceEffect(ConfigFiles.ConfigFiles, ConfigFiles.read),
        Effect.provideService(
          Stderr,
          Stderr.of({
            live: false,
            line: () => Effect.void,
            progress: () => Effect.void,
            clear: Effect.void,
          }),
        ),
        Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv()),
        Effect.provide(Layer.merge(NodeServices.layer, Logger.layer([]))),
        Effect.exit,
        Effect.map((exit) => {
          if (Exit.isSuccess(exit)) return { value: exit.value }
          const { meaning, remedy } = faultOf(exit.cause)
          return { refused: `${meaning}\n${remedy}`.replaceAll(home, "HOME") }
        }),
      ),
    () =>
      Effect.sync(() => {
        for (const [key, value] of Object.entries(before)) {
          if (value === undefined) delete process.env[key]
          else process.env[key] = value
        }
      }),
  )
}

const config = ".config/feishu-meetings/config.yaml"

const secretOf = (settings: LoadedSettings.Settings, app: string, kind: LoadedSettings.SecretKind) =>
  Effect.map(
    LoadedSettings.secret({ found: LoadedSettings.valuesOf(settings, app) }, kind),
    (secret) => secret && Redacted.value(secret),
  )

describe("several apps", () => {
  it.effect("have their secrets and tickets in the user's file and the environment; none is shown", () =>
    Effect.gen(function* () {
      const files = {
        [config]: `app_id: cli_main\napps:\n  cli_one: { app_secret: ${secrets.one} }\n  cli_two:\n    app_secret_file: two.txt\n    app_ticket_file: ticket.txt\n  cli_main:\n    app_secret: ${secrets.one}\n`,
        ".config/feishu-meetings/two.txt": `${secrets.two}\n`,
        ".config/feishu-meetings/ticket.txt": secrets.ticket,
      }
      const environment = {
        FEISHU_APP_SECRET_CLI_ONE: secrets.three,
        FEISHU_APP_SECRET_cli_three: secrets.three,
        FEISHU_APP_SECRET: secrets.two,
      }
      const { value } = yield* at("several", { files, environment }, () =>
        Effect.gen(function* () {
          const settings = yield* LoadedSettings.load()
          return {
            // The environment comes before the file.
            one: yield* secretOf(settings, "cli_one", "app-secret"),
            two: yield* secretOf(settings, "cli_two", "app-secret"),
            three: yield* secretOf(settings, "cli_three", "app-secret"),
            // What is set for the app comes before what is set for the app that reads.
            main: yield* secretOf(settings, "cli_main", "app-secret"),
            other: yield* secretOf(settings, "cli_other", "app-secret"),
            stores: ["cli_one", "cli_two", "cli_other"].map((app) =>
              AppCredentials.isStoreApp(settings, app),
            ),
            shown: (yield* ShownSettings.all(settings)).filter(({ app }) => app !== undefined),
            programs: ShownSettings.forPrograms(yield* ShownSettings.all(settings)),
          }
        }),
      )
      const { programs, shown, ...found } = value!
      assert.deepStrictEqual(found, {
        one: secrets.three,
        two: secrets.two,
        three: secrets.three,
        main: secrets.one,
        other: undefined,
        stores: [false, true, undefined],
      })
      assert.deepStrictEqual(shown.map(ShownSettings.keyOf), [
        "apps.cli_one.app_secret",
        "apps.cli_two.app_secret_file",
        "apps.cli_two.app_ticket_file",
        "apps.cli_main.app_secret",
        "apps.cli_three.app_secret",
      ])
      const printed = JSON.stringify([shown, programs])
      for (const secret of Object.values(secrets)) assert.notInclude(printed, secret)
    }),
  )

  it.effect("are refused where they are wrong, and a project's file may not name any", () =>
    Effect.gen(function* () {
      const refused = (name: string, content: string) =>
        Effect.map(
          at(name, { files: { [config]: content } }, () => LoadedSettings.load()),
          ({ refused }) => refused,
        )
      assert.match(
        yield* Effect.map(
          refused("twice", `apps: { cli_a: { app_secret: ${secrets.one}, app_secret_file: a } }`),
          String,
        ),
        /^config: both HOME.*config\.yaml:1 and HOME.*config\.yaml:1 are set/,
      )
      assert.match(
        yield* Effect.map(refused("form", "apps: [cli_a]"), String),
        /config\.yaml:1: apps takes a map for each app, such as cli_a1b2c3/,
      )
      const asId = yield* Effect.map(
        refused("id", `apps: { ${secrets.one}: { app_secret: ${secrets.two} } }`),
        String,
      )
      assert.match(asId, /apps has a key that is not an app id/)
      assert.notInclude(asId, secrets.one)
      assert.match(
        yield* Effect.map(refused("unknown", "apps: { cli_a: { brand: lark } }"), String),
        /there is no setting "brand"; known are app_secret, app_secret_file, app_ticket, app_ticket_file/,
      )
    }),
  )

  it.effect("need a secret each, and one that has no ticket has one tenant", () =>
    Effect.gen(function* () {
      const requirements = Layer.mergeAll(FeishuConfig.layer(), Retry.layerBudget(), NodeHttp.layer())
      const kindOf = (name: string, environment: Readonly<Record<string, string>>) =>
        at(name, { environment }, () =>
          Effect.flatMap(LoadedSettings.load(), (settings) =>
            Effect.map(AppCredentials.sourceOf(settings, "cli_a"), ({ kind }) => kind),
          ).pipe(Effect.provide(requirements), Effect.scoped),
        )
      assert.deepStrictEqual(yield* kindOf("none", { FEISHU_APP_SECRET: secrets.one }), {
        refused:
          "credentials: there is no app secret for the app cli_a. Nothing was sent\nSet FEISHU_APP_SECRET_cli_a, or put it under apps: in the file that feishu-meetings config init writes.",
      })
      const own = { FEISHU_APP_SECRET_cli_a: secrets.one }
      assert.deepStrictEqual(yield* kindOf("own", own), {
        value: "self-built app" satisfies AccessToken.Kind,
      })
      assert.deepStrictEqual(yield* kindOf("store", { ...own, FEISHU_APP_TICKET_FILE_cli_a: "/nowhere" }), {
        value: "store app" satisfies AccessToken.Kind,
      })
      assert.deepStrictEqual(
        yield* kindOf("oauth", { ...own, FEISHU_OAUTH_BASE_URL: "https://accounts.feishu.cn" }),
        {
          value: "client credentials" satisfies AccessToken.Kind,
        },
      )
    }),
  )
})

describe("the database", () => {
  it.effect(
    "is a file or an address, whose password comes from a place of its own and is shown nowhere",
    () =>
      Effect.gen(function* () {
        const found = (
          name: string,
          environment: Readonly<Record<string, string>>,
          files: Readonly<Record<string, string>> = {},
          flags: LoadedSettings.Flags = {},
        ) =>
          at(name, { environment, files }, (home) =>
            Effect.gen(function* () {
              const settings = yield* LoadedSettings.load(flags)
              const { address, password } = yield* DatabaseAddress.find(settings)
              const shown = ShownSettings.forPrograms(yield* ShownSettings.all(settings))
              assert.notInclude(JSON.stringify(shown), secrets.database)
              assert.notInclude(withoutSecrets(`it is ${secrets.database}`), secrets.database)
              return [address.replace(home, "HOME"), password && Redacted.value(password)]
            }),
          )
        const url = "postgres://me@db.example.com/meetings"
        const withPassword = { value: [url, secrets.database] }
        const inUrl = url.replace("@", `:${secrets.database}@`)
        const pgpass = `# mine\nother:*:*:*:wrong\n*:5432:meetings:me:${secrets.database}\n*:*:*:*:wrong\n`
        assert.deepStrictEqual(yield* found("url", { FEISHU_DB: inUrl }), withPassword)
        assert.deepStrictEqual(yield* found("file", {}, { [config]: `db: ${inUrl}` }), withPassword)
        assert.deepStrictEqual(
          yield* found(
            "setting",
            { PGPASSWORD: "other", FEISHU_DB_PASSWORD: secrets.database },
            {},
            { db: url },
          ),
          withPassword,
        )
        assert.deepStrictEqual(
          yield* found("pgpassword", { PGPASSWORD: secrets.database }, {}, { db: url }),
          withPassword,
        )
        assert.deepStrictEqual(
          yield* found("pgpass", { PGPASSFILE: "" }, { ".pgpass": pgpass }, { db: url }),
          withPassword,
        )
        assert.deepStrictEqual(
          yield* found("relative", {}, { [config]: `db: runs/one.sqlite\ndb_password: ${secrets.database}` }),
          { value: ["HOME/.config/feishu-meetings/runs/one.sqlite", undefined] },
        )
        assert.match(
          String((yield* found("mysql", { FEISHU_DB: "mysql://me:secret@host/db" })).refused),
          /^config: FEISHU_DB: takes the name of a file, or postgres:.*, not mysql:\/\/\. Nothing was sent/,
        )
        assert.match(String((yield* found("nothing", {})).refused), /^--db: no database is named/)
      }),
  )

  it("is reached by other runners at a host, with a port or without", () => {
    const { problem } = Setting.all.find(({ name }) => name === "listen")!
    for (const text of ["127.0.0.1:34431", "10.0.0.5", "[::1]:80", "runner-1.example.com:5000"]) {
      assert.isUndefined(problem(text), text)
    }
    for (const text of ["5", ":80", "host:99999", "host:port", "http://host:80"]) {
      assert.isDefined(problem(text), text)
    }
  })

  it.effect("with a password is refused as a flag, without repeating it", () =>
    Effect.gen(function* () {
      const refused = (...args: ReadonlyArray<string>) =>
        Effect.map(Effect.exit(SecretFlags.refuse(args)), (exit) =>
          Exit.isSuccess(exit) ? undefined : Object.values(faultOf(exit.cause)).join("\n"),
        )
      for (const args of [
        ["backfill", "run", "--db", `postgres://me:${secrets.database}@host/db`],
        ["backfill", "run", `--db=postgresql://me:${secrets.database}@host/db`],
        ["backfill", "run", "--db", `postgres://me:${secrets.database}@ho st/db`],
        ["backfill", "run", "--db", `postgres://me@host/db?password=${secrets.database}`],
        ["backfill", "run", `--db-password=${secrets.database}`],
        ["backfill", "run", "--app-ticket", secrets.ticket],
      ]) {
        const said = yield* refused(...args)
        assert.match(said ?? "", /a secret on the command line can be read by others/, args.join(" "))
        for (const secret of Object.values(secrets)) assert.notInclude(said, secret)
      }
      assert.isUndefined(
        yield* refused("backfill", "run", "--db", "postgres://me@host/db", "--listen", "::1:80"),
      )
    }),
  )
})
