/** The command `login`: its flags and its help. `login.ts` runs it. */
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as HelpText from "@effect-feishu/terminal/HelpText"
import * as ConnectionFlags from "../../input/ConnectionFlags.ts"
import * as Flags from "../../input/Flags.ts"
import * as Language from "../../language/Language.ts"
import * as Logins from "../../settings/Logins.ts"
import { defaultPort, urlOf } from "./RedirectServer.ts"

const words = Language.words({
  en: {
    description:
      "Sign in as a user, so that you read the meetings that you may see yourself: no administrator has to grant the app the tenant's scopes. The command shows an address and a code; open the address on any machine, and allow what the app asks for. With --redirect it is the authorization page of a browser on this machine. App id and app secret come from the settings, and are not stored with the login. A login is refreshed whenever it is used, for up to 365 days; then sign in again.",
    short: "Sign in as a user, to read the meetings that you may see",
    redirect:
      "Sign in by the authorization page in a browser on this machine, where the server knows no device authorization. The developer console of the app has to name the redirect URL, which is shown before",
    redirectPort: `The port of that redirect URL; default: ${defaultPort}, which is ${urlOf(defaultPort)}`,
    noBrowser: "Do not open a browser: show the address only",
    details: "Ask for what list --details needs, too",
    participants: "Ask for what list --participants needs, too",
    recordings: "Ask for what list --recordings needs, too",
    userIdType: "user_id: ask for what list --user-id-type user_id needs, too",
    scope:
      "Ask for these scopes, too, with commas or blanks between them. One that is enough for a read takes the place of the one that is asked for by default",
    account: "Accept this account only: its open_id or its name",
    json: "For programs: print what happens as JSON, one event per line",
    console: "before the first login, in the developer console",
    steps: [
      [
        "1. Credentials",
        "Copy App ID and App Secret into FEISHU_APP_ID and FEISHU_APP_SECRET, or into the file that config init writes",
      ],
      [
        "2. Permissions",
        "Grant the app, for users, vc:meeting:readonly and offline_access; for recordings vc:record:readonly, too",
      ],
      [
        "3. Security",
        `With --redirect: add the redirect URL ${urlOf(defaultPort)}. If there is a switch for refreshing user_access_token, turn it on`,
      ],
      ["4. Version", "Publish a version of the app: until then nothing of this counts"],
    ],
    environment: "environment",
    variables: [
      ["FEISHU_APP_ID", "The app to sign in to; needs FEISHU_APP_SECRET or FEISHU_APP_SECRET_FILE"],
      ["BROWSER", "The program that opens the address; none: do not open it"],
      ["XDG_STATE_HOME", `Logins are kept in feishu-meetings/logins below it; now ${Logins.folder()}`],
    ],
    exitCodes: "exit codes",
    codes: [
      ["0", "signed in"],
      ["2", "bad input, or another account than --account names; nothing was stored"],
      ["3", "refused, too late, no device authorization, or an app that lacks something"],
      ["4", "network or server, after all retries"],
      ["129, 130, 143", "stopped by SIGHUP, SIGINT or SIGTERM; nothing was stored"],
    ],
    example: "Sign in, and read as yourself",
    exampleRecordings: "For reads of participants and recordings",
    exampleRedirect: "By a browser on this machine, where the first way is not known",
  },
  zh: {
    description:
      "以用户身份登录，读取您本人有权查看的会议：无需管理员为应用开通租户的权限。命令会显示一个网址和一个代码：在任意设备上打开网址，并同意应用所请求的权限。使用 --redirect 时，改为在本机浏览器中打开授权页。App ID 和 App Secret 取自配置，不会与登录一起保存。登录在每次使用时自动刷新，最长 365 天，之后需重新登录。",
    short: "以用户身份登录，读取本人有权查看的会议",
    redirect:
      "在本机浏览器中通过授权页登录，用于服务器不支持设备授权时。开发者后台中须填写重定向 URL，登录前会显示",
    redirectPort: `该重定向 URL 的端口；默认 ${defaultPort}，即 ${urlOf(defaultPort)}`,
    noBrowser: "不打开浏览器，只显示网址",
    details: "同时请求 list --details 所需的权限",
    participants: "同时请求 list --participants 所需的权限",
    recordings: "同时请求 list --recordings 所需的权限",
    userIdType: "user_id：同时请求 list --user-id-type user_id 所需的权限",
    scope: "同时请求这些权限，以逗号或空格分隔。若其中某项已满足读取所需，则不再请求默认的那一项",
    account: "只接受该账号登录：open_id 或姓名",
    json: "供程序使用：以 JSON 输出各步骤，每行一个事件",
    console: "首次登录之前，在开发者后台",
    steps: [
      [
        "1. 凭证与基础信息",
        "将 App ID 和 App Secret 设为 FEISHU_APP_ID 和 FEISHU_APP_SECRET，或写入 config init 生成的文件",
      ],
      [
        "2. 权限管理",
        "为应用开通用户身份的 vc:meeting:readonly 和 offline_access；读取录制文件另需 vc:record:readonly",
      ],
      [
        "3. 安全设置",
        `使用 --redirect 时，添加重定向 URL ${urlOf(defaultPort)}；如有“刷新 user_access_token”开关，请打开`,
      ],
      ["4. 版本管理与发布", "发布应用版本：发布之前以上设置均不生效"],
    ],
    environment: "环境变量",
    variables: [
      ["FEISHU_APP_ID", "要登录的应用，与 FEISHU_APP_SECRET 或 FEISHU_APP_SECRET_FILE 一起设置"],
      ["BROWSER", "用于打开网址的程序；设为 none 则不打开"],
      ["XDG_STATE_HOME", `登录保存在其下的 feishu-meetings/logins 中；目前为 ${Logins.folder()}`],
    ],
    exitCodes: "退出码",
    codes: [
      ["0", "登录成功"],
      ["2", "输入有误，或登录的不是 --account 指定的账号；未保存任何内容"],
      ["3", "被拒绝、已超时、不支持设备授权，或应用缺少设置"],
      ["4", "网络或服务器故障，重试后仍失败"],
      ["129、130、143", "被 SIGHUP、SIGINT 或 SIGTERM 中止；未保存任何内容"],
    ],
    example: "登录，并以本人身份读取",
    exampleRecordings: "用于读取参会者与录制文件",
    exampleRedirect: "通过本机浏览器登录，用于第一种方式不受支持时",
  },
})

/** Makes the command, with its help in this language. */
export const login = (language: Language.Language) => {
  const say = words[language]
  const {
    accessTokenFile: _,
    as: __,
    account: ___,
    rateLimit: ____,
    detailsRateLimit: _____,
    ...connection
  } = ConnectionFlags.make(language)
  return Command.make(
    "login",
    {
      redirect: Flags.yes("redirect", say.redirect),
      redirectPort: Flags.wholeNumber(language)("redirect-port", [1, 65_535], say.redirectPort),
      noBrowser: Flags.yes("no-browser", say.noBrowser),
      details: Flags.yes("details", say.details),
      participants: Flags.yes("participants", say.participants),
      recordings: Flags.yes("recordings", say.recordings),
      userIdType: Flags.choice("user-id-type", ["open_id", "union_id", "user_id"], say.userIdType),
      scope: Flags.text("scope", "NAMES", say.scope),
      account: Flags.text("account", "ID|NAME", say.account),
      json: Flags.yes("json", say.json),
      ...connection,
    },
    // Loaded only here: other commands start faster without it.
    (input) =>
      Effect.flatMap(
        Effect.promise(() => import("./login.ts")),
        ({ login }) => login(input),
      ),
  ).pipe(
    Command.withShortDescription(say.short),
    Command.withDescription(say.description),
    Command.annotate(HelpText.Sections, [
      { title: say.console, rows: say.steps },
      { title: say.environment, rows: say.variables },
      { title: say.exitCodes, rows: say.codes },
    ]),
    Command.withExamples([
      {
        command: "feishu-meetings login && feishu-meetings list 337736498 --as user",
        description: say.example,
      },
      {
        command: "feishu-meetings login --participants --recordings",
        description: say.exampleRecordings,
      },
      { command: "feishu-meetings login --redirect", description: say.exampleRedirect },
    ]),
  )
}
