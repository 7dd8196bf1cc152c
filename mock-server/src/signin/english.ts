/** Every text of the pages at which people sign in, in English. */
import type { PersonNow } from "../protocol/PublicTypes.ts"
import type { Problem } from "../state/Authorizations.ts"

/** Returns what happened, and what to do, for the value that is wrong; `apps` are the ids of the mock's apps. */
type ProblemText = (
  value: string,
  apps: ReadonlyArray<string>,
) => { readonly what: string; readonly inMock: string; readonly inFeishu?: string }

const states: Partial<Record<PersonNow["status"], string>> = {
  frozen: "frozen",
  resigned: "resigned",
  unregistered: "not registered",
}

/** Says why an account gets no tokens. */
const refused = (code: number, { status }: PersonNow): string => {
  const reasons: Readonly<Record<number, string | undefined>> = {
    20008: "deleted",
    20009: "the app is not installed",
    20010: "may not use the app",
    20066: states[status],
    20069: "the app is not enabled",
    21000: "has to pass a check",
    21001: "blocked by a policy",
  }
  return `${reasons[code] ?? "refused"}: ${code}`
}

/** The texts in English. Their type is that of the Chinese ones, too. */
export const english = {
  lang: "en",
  /** The value of `lang` in an address. */
  code: "en",
  other: { name: "中文", lang: "zh-CN", code: "zh" },
  product: "Mock Feishu",
  /** The title of a page whose form was not filled in right. */
  wrong: (title: string) => `Error: ${title}`,
  standIn:
    "This page is the mock's stand-in for Feishu's own. Nothing is sent to Feishu, and there are no passwords.",
  allow: "Allow",
  refuse: "Refuse",
  authorize: {
    title: "Authorise an app",
    heading: (app: string) => `Authorise ${app}`,
    asks: "This app asks to use Feishu in your name.",
    appId: (appId: string) => `App ID: ${appId}`,
    returnsTo: (url: string) => `Either answer takes your browser to ${url}`,
  },
  people: {
    legend: "Account",
    hint: "Choose who signs in: a user of the seed, or somebody of its meetings where it has none.",
    missing: "Choose an account.",
    unknown: "The mock no longer has this account. Choose another one.",
    nobody: "Nobody can sign in: the tenant of this app has no users. Add some to the seed under users.",
    refused,
    refusedHint: "An account with a code can be chosen, but the app gets that code instead of tokens.",
  },
  scopes: {
    legend: "Scopes",
    hint: "Untick what you do not want to grant. What you granted to this app before stays granted.",
    none: "The app asks for no scopes. It only learns who you are.",
    unexplained: "A scope of Feishu that the mock has no explanation for.",
  },
  explained: {
    offline_access:
      "Stay signed in: the app renews its access without asking you, for up to 365 days. Without it, you sign in again every 2 hours.",
    "vc:meeting:readonly": "See your meetings: topics, times, hosts and participants.",
    "vc:meeting.meetingid:read": "Find your meetings by meeting number.",
    "vc:meeting.meetingevent:read": "See the details of your meetings: times, hosts and participants.",
    "vc:record:readonly": "See the recordings of your meetings.",
    "vc:meeting.artifact.note:read": "See which document has the AI note of a meeting.",
    "vc:meeting.artifact.verbatim:read": "See which document has the transcript of a meeting.",
    "contact:user.employee_id:readonly": "See the user IDs of people in your organisation.",
  } as Readonly<Record<string, string>>,
  device: {
    title: "Sign in with a code",
    hint: "Enter the code that your command or device shows.",
    label: "Code",
    next: "Continue",
    missing: "Enter the code.",
    unknown: (code: string) => `There is no code ${code}. Compare it with the one that your command shows.`,
    same: "Continue only if your command or device shows this very code.",
    left: (minutes: number) =>
      minutes <= 1 ? "It is valid for less than a minute." : `It is valid for another ${minutes} minutes.`,
    allowed: "You are signed in",
    allowedAs: (person: string, app: string) => `The app ${app} may now use Feishu as ${person}.`,
    goesOn: "You can close this page: the command goes on by itself.",
    granted: "Granted",
    notGranted: "Not granted",
    noScopes: "none",
    refused: "You allowed it, but the app gets no tokens",
    refusedAs: (code: number, person: PersonNow) =>
      `Feishu gives no tokens of this account (${refused(code, person)}): the app gets that code.`,
    denied: "You refused",
    deniedHint: (app: string) => `The app ${app} gets no access.`,
    ends: "You can close this page: the command ends by itself.",
    expired: "This code has expired",
    expiredHint: "Nothing was granted. Run the command again: it shows a new code.",
    another: "Enter another code",
  },
  problem: {
    title: "Sign-in failed",
    heading: "This sign-in cannot continue",
    code: (code: number) => `Error ${code}`,
    inMock: "In the mock",
    inFeishu: "In Feishu",
    seed: "Lines of the seed",
    kinds: {
      "parameter missing": (name) => ({
        what: `The address of this page lacks ${name}.`,
        inMock:
          "An application opens this page with client_id, response_type=code, redirect_uri, scope and state.",
      }),
      "unknown app": (appId, apps) => ({
        what: `There is no app ${appId}.`,
        inMock: `Its apps are ${apps.join(", ")}. Others are added under apps in the seed, or on the mock's page under Workspaces.`,
        inFeishu: "Compare the App ID with the developer console: Credentials & Basic Info.",
      }),
      "response type": (type) => ({
        what: `response_type is ${type}, and must be code.`,
        inMock: "Nothing has to be changed here, but in the application that opens this page.",
      }),
      "redirect URL": (url) => ({
        what: `The app may not redirect to ${url}.`,
        inMock:
          "Add the URL to the app in the seed, or on the mock's page under Workspaces. Without redirect_urls, an app may redirect to this machine only.",
        inFeishu:
          "Add the URL in the developer console, under Security Settings, Redirect URLs. It has to match to the letter.",
      }),
      "too many scopes": (count) => ({
        what: `The app asks for ${count} scopes at once. At most 50 are possible.`,
        inMock: "Nothing has to be changed here, but in the application that opens this page.",
      }),
      "scopes not enabled": (scopes) => ({
        what: `The app asks for scopes that are not enabled for it: ${scopes}.`,
        inMock: "Add them to the app in the seed, or on the mock's page under Workspaces.",
        inFeishu:
          "Add them in the developer console, under Permissions & Scopes, and publish a new version of the app.",
      }),
      "challenge method": (method) => ({
        what: `code_challenge_method is ${method}, and must be S256 or plain.`,
        inMock: "Nothing has to be changed here, but in the application that opens this page.",
      }),
    } satisfies Record<Problem["kind"], ProblemText> as Record<Problem["kind"], ProblemText>,
  },
  stale: {
    heading: "Open this page again",
    text: "The form came from another page, or the mock was restarted in the meantime. Nothing was granted.",
    again: "Open the page again",
  },
}
