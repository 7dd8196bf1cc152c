/**
 * The command `login`, run: a user allows the app on a page of Feishu, on any machine (device flow) or in a browser on this one
 * (`--redirect`), and the tokens are stored.
 */
import * as Cause from "effect/Cause"
import * as CliOutput from "effect/cli/CliOutput"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import {
  DeviceFlow,
  Events,
  FeishuConfig,
  FeishuError,
  SignIn,
  TimeRange,
  UserTokenStore,
} from "@effect-feishu/core"
import * as ShellQuote from "@effect-feishu/terminal/ShellQuote"
import { shortened } from "@effect-feishu/terminal/Shortened"
import { json, visible } from "@effect-feishu/terminal/VisibleText"
import * as OAuth from "@effect-feishu/contract/OAuth"
import * as KnownSecrets from "../../console/KnownSecrets.ts"
import { type Label, Stderr } from "../../console/Stderr.ts"
import { CurrentVerbosity } from "../../console/Verbosity.ts"
import { faultOf, messageOf } from "../../failure/Fault.ts"
import * as ConnectionFlags from "../../input/ConnectionFlags.ts"
import * as DetailsFlags from "../../input/DetailsFlags.ts"
import * as Scopes from "../../input/Scopes.ts"
import * as Language from "../../language/Language.ts"
import { duration } from "../../language/phrases.ts"
import { instant } from "../../language/TimeZone.ts"
import * as Progress from "../../run/Progress.ts"
import * as ClientLayer from "../../settings/ClientLayer.ts"
import * as Identity from "../../settings/Identity.ts"
import * as LoadedSettings from "../../settings/LoadedSettings.ts"
import * as Logins from "../../settings/Logins.ts"
import * as Browser from "./Browser.ts"
import * as RedirectServer from "./RedirectServer.ts"

/** The values of the flags of `login`. */
export interface Input
  extends
    DetailsFlags.Given,
    Pick<ConnectionFlags.Given, "baseUrl" | "allowHttp" | "brand" | "appId" | "appSecretFile" | "account"> {
  readonly redirect: boolean
  readonly redirectPort: number | undefined
  readonly noBrowser: boolean
  readonly scope: string | undefined
  readonly json: boolean
}

const words = Language.words({
  en: {
    portWithout: ["it is the port of --redirect, which is not given", "Add --redirect, or leave it out."],
    redirectUrl: "redirect URL: ",
    console: (link: string) =>
      `Before the first login, enter it in the developer console, under Security Settings: ${link}`,
    openHere: "Open this address in a browser on this machine, and allow what the app asks for:",
    openAnywhere: "Open this address on any device, and allow what the app asks for:",
    opens:
      "Your browser opens this address; if it does not, open it yourself. Allow there what the app asks for:",
    enter: (code: string, time: string) => `Enter the code ${code} there. It is good until ${time}.`,
    compare: (code: string, time: string) => `The page shows the code ${code}. It is good until ${time}.`,
    errors: "If the page shows the code of an error, feishu-meetings errors CODE says what to do.",
    waiting: (left: string) => `waiting for you to allow it; ${left} left`,
    notReturned: (redirectUri: string) =>
      `No browser came back to ${redirectUri}. If Feishu's page named an error: for 20027, grant the app the scopes in the developer console; for a redirect URL that is not permitted, enter that URL there; then publish a version.`,
    otherAccount: (account: string, expected: string) => [
      `${account} has signed in, and not ${expected}; nothing was stored`,
      "Sign in on the page as the other account, or leave --account out.",
    ],
    stopped: "Stopped: nobody has signed in.",
    sentBack: (word: string) => `Feishu's page sent the browser back with: ${word}`,
    signedIn: "signed in: ",
    toApp: (account: string, appId: string, baseUrl: string) => `${account}, app ${appId} at ${baseUrl}`,
    granted: "granted: ",
    notGranted: "not granted: ",
    comma: ", ",
    toDo: "to do: ",
    grantThem:
      "Reads that need these will be refused. Grant them to the app for users in the developer console, publish a version, and sign in again.",
    until: "until: ",
    shortLived: (time: string) =>
      `${time}, then sign in again: without offline_access the login cannot be refreshed`,
    refreshed: (time: string, year: string) =>
      `${time}, and longer each time it is used; at the latest until ${year}, then sign in again`,
    file: "kept in: ",
    next: "read with it: ",
    orSet: (command: string) => `${command}; or set FEISHU_AS=user, or as: user in your file`,
  },
  zh: {
    portWithout: ["它是 --redirect 的端口，而没有给出 --redirect", "请加上 --redirect，或去掉它。"],
    redirectUrl: "重定向 URL：",
    console: (link) => `首次登录前，请将其填入开发者后台的“安全设置”：${link}`,
    openHere: "请在本机浏览器中打开以下网址，并同意应用所请求的权限：",
    openAnywhere: "请在任意设备上打开以下网址，并同意应用所请求的权限：",
    opens: "正在浏览器中打开以下网址；如未打开，请自行打开。请在其中同意应用所请求的权限：",
    enter: (code, time) => `请在其中输入代码 ${code}，有效期至 ${time}。`,
    compare: (code, time) => `页面会显示代码 ${code}，有效期至 ${time}。`,
    errors: "如果页面显示错误码，可用 feishu-meetings errors 错误码 查看解决办法。",
    waiting: (left) => `等待您的授权，剩余 ${left}`,
    notReturned: (redirectUri) =>
      `浏览器没有返回 ${redirectUri}。如果飞书页面显示了错误：20027 请在开发者后台为应用开通相应权限；重定向 URL 不被允许时请在那里添加该 URL；然后发布版本。`,
    otherAccount: (account, expected) => [
      `登录的是 ${account}，而不是 ${expected}；未保存任何内容`,
      "请在页面上以另一个账号登录，或去掉 --account。",
    ],
    stopped: "已中止：没有账号登录。",
    sentBack: (word) => `飞书页面返回：${word}`,
    signedIn: "已登录：",
    toApp: (account, appId, baseUrl) => `${account}，应用 ${appId}，${baseUrl}`,
    granted: "已授予：",
    notGranted: "未授予：",
    comma: "、",
    toDo: "建议：",
    grantThem: "需要这些权限的读取会被拒绝。请在开发者后台为应用开通这些用户身份权限，发布版本，再重新登录。",
    until: "有效期：",
    shortLived: (time) => `至 ${time}，之后需重新登录：没有 offline_access，登录无法刷新`,
    refreshed: (time, year) => `至 ${time}，每次使用都会延长；最迟至 ${year}，之后需重新登录`,
    file: "保存于：",
    next: "以此身份读取：",
    orSet: (command) => `${command}；或设置 FEISHU_AS=user，或在用户文件中写入 as: user`,
  },
})

/** How long the browser may take (the code of an authorization is good as long). */
const redirectMillis = 300_000

/** Signs a user in, and stores the login. */
export const login = Effect.fn("login")(
  function* (input: Input) {
    const say = yield* Language.say(words)
    yield* DetailsFlags.request(input)
    if (input.redirectPort !== undefined && !input.redirect) {
      return yield* FeishuError.invalidRequest("--redirect-port", ...say.portWithout)
    }
    // A given token has no part in this, wherever it comes from.
    const settings = yield* LoadedSettings.load({ ...flagsOf(input), as: "user" })
    const app = yield* Identity.appOf(settings)
    yield* Logins.checkFolder
    const addresses = yield* LoadedSettings.addresses(settings)
    yield* ClientLayer.warnOfPlainHttp(settings)
    const groups = Scopes.neededFor(input)
    const scopes = Scopes.toAskFor(Scopes.listed(input.scope ?? ""), groups)
    // The command has a count-down of its own; this prints the requests with --verbose.
    const requests = yield* Progress.start({ mode: "none", rateLimit: undefined, restingMillis: 0 })
    const signIn = input.redirect ? byRedirect : byDevice
    yield* signIn({ app, input, scopes, settings }, (tokens) =>
      finish({ input, scopes, settings }, tokens),
    ).pipe(
      Effect.provide([Layer.succeed(FeishuConfig.FeishuConfig, addresses), ClientLayer.http(settings)]),
      Effect.provideService(Events.Events, requests.listen),
    )
  },
  (effect, { json: isJson }) =>
    Effect.scoped(effect).pipe(
      Effect.onError((cause) =>
        Effect.gen(function* () {
          const language = yield* Language.CurrentLanguage
          const fault = faultOf(cause, language)
          if (fault.reason === "Stopped") {
            const stderr = yield* Stderr
            yield* stderr.line(words[language].stopped)
          }
          if (isJson) {
            const { code, reason } = fault
            const message = fault.reason === "Stopped" ? words[language].stopped : messageOf(fault, language)
            yield* event({
              event: "failed",
              reason,
              message: visible(KnownSecrets.withoutSecrets(message)),
              code,
            })
          }
        }),
      ),
    ),
)

/** The flags of the connection as they are loaded, and as the user types them again. */
const flagsOf = ({ account, allowHttp, appId, appSecretFile, baseUrl, brand, redirectPort }: Input) => ({
  allowHttp,
  appId,
  appSecretFile,
  baseUrl,
  brand,
  account,
  redirectPort,
})

interface Begun {
  readonly app: Identity.App
  readonly input: Input
  readonly scopes: ReadonlyArray<string>
  readonly settings: LoadedSettings.Settings
}

/** Stores the tokens and reports them; returns the account as it is called. */
type Finish = (tokens: UserTokenStore.UserTokens) => ReturnType<typeof finish>

/** Signs in on any machine that has a browser. */
const byDevice = Effect.fnUntraced(function* ({ app, input, scopes }: Begun, finish: Finish) {
  const say = yield* Language.say(words)
  const device = yield* DeviceFlow.begin({ ...app, scopes })
  KnownSecrets.remember(Redacted.value(device.deviceCode))
  const { endsAt, userCode, verificationUri, verificationUriComplete } = device
  const url = verificationUriComplete ?? verificationUri
  const time = instant(endsAt / 1_000)
  const waiting = yield* showAddress({
    input,
    url,
    open: say.openAnywhere,
    lines: [verificationUriComplete === undefined ? say.enter(userCode, time) : say.compare(userCode, time)],
    event: { way: "device", verificationUri, userCode },
    scopes,
    endsAt,
  })
  yield* finish(yield* waiting(DeviceFlow.poll(app, device)))
})

/** Signs in by a browser on this machine. */
const byRedirect = Effect.fnUntraced(function* ({ app, input, scopes, settings }: Begun, finish: Finish) {
  const language = yield* Language.CurrentLanguage
  const say = words[language]
  const { appId } = app
  const { baseUrl } = yield* FeishuConfig.FeishuConfig
  const port = Number(settings.found.get("redirect-port")?.text ?? RedirectServer.defaultPort)
  const redirectUri = RedirectServer.urlOf(port)
  const authorization = yield* SignIn.authorizeUrl({ appId, redirectUri, scopes })
  const { state, url } = authorization
  KnownSecrets.remember(Redacted.value(authorization.codeVerifier))
  const server = yield* RedirectServer.open({ port, state })
  const endsAt = (yield* Clock.currentTimeMillis) + redirectMillis
  const stderr = yield* Stderr
  if (!input.json) {
    yield* stderr.line(redirectUri, { text: say.redirectUrl, color: "cyan" })
    yield* stderr.line(say.console(`${baseUrl}/app/${encodeURIComponent(appId)}/safe`))
  }
  const waiting = yield* showAddress({
    input,
    url,
    open: say.openHere,
    lines: [say.errors],
    event: { way: "redirect", redirectUri },
    scopes,
    endsAt,
  })
  const failed = (failure: FeishuError.SignInFailed["failure"]) =>
    Effect.fail(new FeishuError.FeishuError({ reason: new FeishuError.SignInFailed({ failure, appId }) }))
  const returned = yield* waiting(server.returned).pipe(
    Effect.timeoutOrElse({
      duration: redirectMillis,
      orElse: () =>
        Effect.andThen(
          input.json ? Effect.void : stderr.line(say.notReturned(redirectUri)),
          failed("too late"),
        ),
    }),
  )
  // The page waits to say how it ended.
  yield* Effect.suspend(() => {
    if (returned._tag === "Refused") {
      const { error } = returned
      if (error === "access_denied") return failed("access denied")
      // Feishu documents no other word.
      return Effect.andThen(stderr.line(say.sentBack(shortened(error, 100))), failed("refused"))
    }
    const { code } = returned
    KnownSecrets.remember(Redacted.value(code))
    return SignIn.exchangeCode({ ...app, ...authorization, code })
  }).pipe(
    Effect.flatMap(finish),
    Effect.tap((text) => server.end({ isSignedIn: true, text })),
    Effect.tapError((error) => {
      // The request is of no use in a browser; the terminal has it.
      const { where: _, ...fault } = faultOf(Cause.fail(error), language)
      return server.end({ isSignedIn: false, text: messageOf(fault, language) })
    }),
  )
})

/**
 * Shows the address to open, and opens it where there is a browser. Returns what waits for the user, and counts down meanwhile
 * where there is a terminal.
 */
const showAddress = Effect.fnUntraced(function* ({
  endsAt,
  event: facts,
  input,
  lines,
  open,
  scopes,
  url,
}: {
  readonly input: Input
  readonly url: string
  /** How to ask for it where no browser opens. */
  readonly open: string
  readonly lines: ReadonlyArray<string>
  readonly event: object
  readonly scopes: ReadonlyArray<string>
  /** In unix milliseconds. */
  readonly endsAt: number
}) {
  const language = yield* Language.CurrentLanguage
  const say = words[language]
  const stderr = yield* Stderr
  if (input.json) {
    yield* event({ event: "open", ...facts, url, scopes, endsAt: iso(endsAt) })
    return silently
  }
  const programs = input.noBrowser ? [] : Browser.programsFor(url, Browser.here())
  const isOpened = programs.length > 0 && (yield* Browser.start(programs)) === undefined
  yield* stderr.line(isOpened ? say.opens : open)
  yield* stderr.line(`  ${url}`)
  for (const line of lines) yield* stderr.line(line)
  if (!stderr.live || (yield* CurrentVerbosity) === "quiet") return silently
  const countDown = Effect.flatMap(Clock.currentTimeMillis, (now) => {
    const left = duration(Math.max(0, Math.ceil((endsAt - now) / 1_000)), language)
    const text = say.waiting(left)
    return stderr.progress((columns) => (CliOutput.displayWidth(text) <= columns ? text : ""))
  })
  const counting = Effect.forkScoped(Effect.repeat(countDown, Schedule.spaced("1 second")))
  const waiting: Waiting = (wait) =>
    Effect.ensuring(Effect.scoped(Effect.andThen(counting, wait)), stderr.clear)
  return waiting
})

/** Waits for the user. */
type Waiting = <A, E, R>(wait: Effect.Effect<A, E, R>) => Effect.Effect<A, E, Exclude<R, Scope.Scope>>

const silently: Waiting = Effect.scoped

/** Prints an event for programs. */
const event = (facts: object) => Console.log(json(facts))

const iso = (millis: number): string => TimeRange.iso(millis / 1_000)

/** Stores the tokens, and reports who signed in, what was granted, and until when. */
const finish = Effect.fnUntraced(function* (
  { input, scopes, settings }: Pick<Begun, "input" | "scopes" | "settings">,
  tokens: UserTokenStore.UserTokens,
) {
  const say = yield* Language.say(words)
  Logins.remember(tokens)
  const { account, appId, baseUrl } = tokens
  const name = UserTokenStore.inWords(account)
  const expected = input.account
  if (expected !== undefined && !Logins.isNamed(account, expected)) {
    return yield* FeishuError.invalidRequest("--account", ...say.otherAccount(name, shortened(expected, 80)))
  }
  const path = yield* Logins.store(tokens)
  const granted = tokens.scopes
  const notGranted = scopes.filter((scope) => !granted.includes(scope))
  const until = Logins.lastsUntil(tokens)
  const year = Logins.yearEndsAt(tokens)
  const signedIn = say.toApp(name, appId, baseUrl)
  if (input.json) {
    yield* event({
      event: "signedIn",
      account,
      appId,
      baseUrl,
      granted,
      notGranted,
      accessTokenEndsAt: iso(tokens.accessTokenEndsAt),
      endsAt: iso(until),
      signInAgainAt: iso(year),
      file: path,
    })
    return signedIn
  }
  const stderr = yield* Stderr
  const line = (label: string, text: string, color: Label["color"] = "cyan") =>
    stderr.line(text, { text: label, color })
  yield* line(say.signedIn, signedIn, "green")
  if ((yield* CurrentVerbosity) !== "quiet") {
    if (granted.length > 0) yield* line(say.granted, granted.join(say.comma))
  }
  if (notGranted.length > 0) {
    yield* line(say.notGranted, notGranted.join(say.comma), "yellow")
    if (notGranted.some((scope) => scope !== OAuth.offlineAccess)) yield* line(say.toDo, say.grantThem)
  }
  if ((yield* CurrentVerbosity) !== "quiet") {
    const [short, long] = [instant(until / 1_000), instant(year / 1_000)]
    yield* line(
      say.until,
      tokens.refreshToken === undefined ? say.shortLived(short) : say.refreshed(short, long),
    )
    yield* line(say.file, path)
    yield* line(say.next, say.orSet(yield* commandToRead(input, settings, account)))
  }
  return signedIn
})

/** Returns the command that reads as an account. */
const commandToRead = Effect.fnUntraced(function* (
  input: Input,
  settings: LoadedSettings.Settings,
  { openId }: UserTokenStore.Account,
) {
  const { allowHttp, appId, appSecretFile, baseUrl, brand } = input
  const app = settings.found.get("app-id")?.text ?? ""
  const logins = yield* Identity.ofApp(settings, app)
  const flags = ConnectionFlags.typed({
    allowHttp,
    appId,
    appSecretFile,
    baseUrl,
    brand,
    as: "user",
    account: logins.length > 1 ? openId : undefined,
    accessTokenFile: undefined,
    rateLimit: undefined,
    detailsRateLimit: undefined,
  })
  const details = DetailsFlags.typed(input)
  return ["feishu-meetings", "list", "MEETING-NO", ...flags, ...details].map(ShellQuote.word).join(" ")
})
