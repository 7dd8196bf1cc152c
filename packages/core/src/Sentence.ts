/**
 * The messages of this package that have values (problems, remedies, warnings) as data: each sentence is a kind with its values,
 * and its English is made from those. A program in another language writes a `Table` over the same kinds, and the compiler
 * reports kinds that are missing. The fixed texts of other reasons are in `FeishuError`, those of Feishu's codes in `ErrorCodes`.
 *
 * Errors carry their sentences in `sentences`, next to the English texts. Warnings are logged in the words of
 * `CurrentWording`. Values are as safe to show as the English: they hold no secret.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Sentence, TimeRange } from "@effect-feishu/core"
 *
 * const { reason } = await Effect.runPromise(Effect.flip(TimeRange.make({ from: "09/01/2026" })))
 * if (reason._tag === "InvalidRequest" && reason.sentences?.problem !== undefined) {
 *   const { kind, values } = reason.sentences.problem
 *   console.log(kind, values) // => notATime { text: '09/01/2026' }
 *   console.log(Sentence.inEnglish(reason.sentences.problem)) // => "09/01/2026" is not a time
 * }
 * ```
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { shortened } from "./internal/shortened.ts"

interface Text {
  readonly text: string
}

interface Seconds {
  readonly seconds: number
}

/** The bounds of a range as ISO text in UTC. */
interface StartAndEnd {
  readonly start: string
  readonly end: string
}

interface NumberAndTime extends StartAndEnd {
  readonly meetingNo: string
}

interface Path {
  readonly path: string
}

interface FileFailed {
  readonly does: "reached" | "read" | "written" | "removed"
  /** The code of the system, such as `ENOSPC`. */
  readonly code: string
}

interface Command {
  /** A command for a shell. */
  readonly command: string
}

const inWords = (millis: number): string => Duration.format(Duration.millis(millis))

const english = {
  // Times and ranges: TimeRange
  notATime: ({ text }: Text) => `"${text}" is not a time`,
  tenDigits: ({ text }: Text) => `"${text}" is not a time: unix seconds have ten digits`,
  noSuchDay: ({ text }: Text) => `"${text}" is a day that does not exist`,
  looksLikeDate: ({ text }: Text) => `${text} looks like a date`,
  /** Unix time in a smaller unit than seconds. */
  looksLikeUnit: ({ text, unit }: Text & { readonly unit: SmallUnit }) => `${text} looks like ${unit}`,
  before1970: () => "it is before 1970",
  rangeEmpty: ({ time }: { readonly time: string }) => `it is empty: both ends are ${time}`,
  rangeReversed: ({ end, start }: StartAndEnd) => `it starts at ${start}, after its end at ${end}`,
  notATimeZone: ({ text }: Text) => `"${text}" is not a time zone`,
  writeTime: () =>
    "Write ISO text (2026-09-01 or 2026-09-01T08:00:00+08:00), a month (2026-09), a word (today, last month), unix seconds, now, or how long ago (30d, 36h).",
  write: ({ text }: Text) => `Write ${text}.`,
  writeDaysAgo: ({ days }: { readonly days: string }) => `Write ${days}d for ${days} days ago.`,
  writeWithoutMinus: ({ text }: Text) => `How long ago is written without a minus: ${text}.`,
  writeSeconds: ({ seconds }: Seconds) => `Feishu takes seconds: write ${seconds}.`,
  writeUnixSeconds: () => "Feishu takes unix seconds from 0 on.",
  startEarlier: () => "Give a start that is earlier than the end.",
  writeTimeZone: () => "Write one such as Asia/Shanghai or +08:00.",

  // Base URLs and the environment: FeishuConfig, FeishuClient
  notAUrl: () => "it is not a URL",
  urlHasUser: () => "it contains a user name or password",
  urlHasQuery: () => "it has a query or fragment",
  notHttpsUrl: () => "it is not an https URL",
  notHttps: ({ origin }: { readonly origin: string }) => `"${origin}" is not https`,
  unknownBrand: ({ text }: Text) => `unknown brand "${text}"`,
  notABoolean: () => "it is neither true nor false",
  giveUrl: () => "Give one such as https://open.feishu.cn.",
  giveUrlWithoutUser: () => "Give the URL without them.",
  giveUrlWithoutQuery: () => "Give the URL without it.",
  useHttps: () =>
    "Over plain http anyone on the way can read the token. Use https; allowHttp (in the environment FEISHU_ALLOW_HTTP=true) permits plain http.",
  setBrand: () => "Set it to feishu or lark, or leave it unset.",
  setBoolean: () => "Set it to true or false, or leave it unset.",

  // Credentials: FeishuClient, AccessToken, Secret
  noCredentials: () => "there is neither an access token nor an app",
  noCredentialsOption: () => "no credentials are given",
  onlyOneSet: ({ missing, set }: { readonly set: string; readonly missing: string }) =>
    `${set} is set, but ${missing} is not`,
  tokenUnfit: ({ problem }: { readonly problem: SecretProblem }) =>
    `the access token of this source cannot go into a header: ${secretProblems[problem]}`,
  secretUnfit: ({ problem }: { readonly problem: SecretProblem }) => secretProblems[problem],
  noTenant: () => "a store app has many tenants, and none is named",
  otherTenant: () => "a tenant is named, but these credentials are only for their own tenant",
  setCredentials: () =>
    "Set FEISHU_APP_ID and FEISHU_APP_SECRET, or FEISHU_ACCESS_TOKEN; in code, the option credentials.",
  giveCredentials: () =>
    "Give the option credentials, such as AccessToken.selfBuiltApp; layerConfig takes FEISHU_APP_ID and FEISHU_APP_SECRET, or FEISHU_ACCESS_TOKEN.",
  copyAppId: () => "Copy it from the app's page in the developer console.",
  copySecret: () => "Copy it exactly as the developer console shows it.",
  giveAppSecret: () => "Pass it exactly as Feishu gave it, in Secret.appSecret.",
  giveAccessToken: () => "Pass it exactly as Feishu gave it, in Secret.accessToken.",
  giveToken: () => "The source has to return the token exactly as Feishu gave it.",
  giveTenant: () => "Provide AccessToken.CurrentTenant with the tenant key of the one to read.",
  leaveTenantOut: () => "Do not provide AccessToken.CurrentTenant, or use the credentials of a store app.",

  // What to read: Meetings
  notAWindowCount: ({ text }: Text) => `${text} is not a number of windows`,
  notAMeetingNo: () => "it is not a meeting number",
  outOfRange: ({ text }: Text) => `${text} is out of range`,
  notAMeetingId: ({ problem }: { readonly problem: "not digits" | "out of range" }) =>
    problem === "not digits"
      ? "it has characters other than digits"
      : "it is not from 1 to 9223372036854775807",
  unknownOrder: () => "it must be oldest or newest",
  queryInvalid: ({ text }: Text) => text,
  giveWholeNumber: ({ minimum }: { readonly minimum: number }) => `Give a whole number from ${minimum} on.`,
  giveWholeNumberTo: ({ maximum, minimum }: { readonly minimum: number; readonly maximum: number }) =>
    `Give a whole number from ${minimum} to ${maximum}.`,
  giveNineDigits: () => "A meeting number has 9 digits.",
  giveMeetingId: () => "Give the id of a meeting as the list of meetings has it, as text.",
  giveOrder: () => "Give oldest or newest, or leave it out.",
  correctQuery: () => "Correct the query.",

  // Proxies and certificates: node
  socksProxy: () => "SOCKS proxies are not supported",
  unknownProxyScheme: () => "only http:// and https:// proxies are supported",
  notAProxy: () => "it is not the address of a proxy",
  nameHttpPort: ({ example }: { readonly example: string }) =>
    `Give the HTTP port of the same proxy program, such as ${example}: most have one.`,
  writeProxy: () => "Write it as http://host:port, or http://user:password@host:port.",
  undiciReplaced: () => "Bun has replaced undici by a module of its own, which cannot send these requests",
  provideFetch: () => "Provide FetchHttpClient.layer of effect/http instead.",
  certificatesEmpty: () => "it is empty",
  noCertificate: () => "it holds no certificate",
  otherPem: ({ label }: { readonly label: string }) => `it holds "${label}", not a certificate`,
  pkcs7: () => "it is PKCS#7 (.p7b), not certificates in PEM",
  pkcs12: () => "it is a PKCS#12 store (.pfx or .p12), not certificates in PEM",
  javaKeyStore: () => "it is a Java key store, not certificates in PEM",
  moreThanDer: () => "it holds more than one certificate in DER",
  privateKey: () => "it holds a private key, and a list of trusted certificates needs none",
  certificateDamaged: ({ all, number }: { readonly number: number; readonly all: number }) =>
    all === 1
      ? "its certificate is damaged or cut short"
      : `certificate ${number} of ${all} is damaged or cut short`,
  givePem: () => "Give certificates in PEM, which begin with -----BEGIN CERTIFICATE-----.",
  giveContent: () => "Give the content of the file, not its name.",
  giveCertificateAlone: () =>
    "Give only the certificate of the authority; a key that others may have read has to be replaced.",
  getItAgain: () => "Get it again, or leave it out.",
  convert: ({ command }: Command) => `Convert it: ${command}`,
  takeOut: ({ command }: Command) => `Take the certificates out: ${command}`,

  // Answers: Transport, Verdict, FeishuClient, AccessToken, Meetings
  incompleteStatus: ({ status }: { readonly status: number }) => `HTTP ${status} is not a complete answer`,
  noCode: () => "there is no integer in the field code",
  notJson: () => "the body is not JSON, or was cut short",
  jsonCutShort: () => "the answer is JSON that was cut short",
  answerIs: ({ text }: Text) => `the answer is "${text}"`,
  bodyTooLarge: ({ bytes }: { readonly bytes: number }) => `the body is larger than ${bytes} bytes`,
  gzipDamaged: () => "the gzip encoding of the body is damaged, or was cut short",
  gzipTwice: () => "the body is encoded with gzip more than once",
  unknownEncoding: ({ text }: Text) => `the body is encoded as "${text}", although only gzip was offered`,
  /** The text is Schema's, which names the path. */
  dataInvalid: ({ text }: Text) => text,
  accessTokenInBody: () => "the body holds an access token, and so it is not a page of meetings",
  hasMoreMissing: () =>
    "the answer to a page token has no data with a boolean has_more, so it does not say whether more pages follow",
  stateOfOtherNumber: () => "the state is that of another meeting number",
  giveStateOfNumber: () => "Keep the state of each number under the key that the store is given.",
  giveOverlap: () => "Give a time from 0 to 90 days.",
  noDataInAnswer: () => "the answer has no data",
  noMeetingInData: () => "the answer has no meeting",
  noTokenInBody: () => "the answer of the token endpoint has no token",
  fetchedTokenUnfit: () => "the token that the token endpoint gave cannot be put into a header",
  pageTokenRepeatsSecret: () => "the page token repeats a secret of the request",
  pageTokenUnfit: () => "the page token is too long, or has characters that cannot be put into a URL",
  foreignRow: ({
    meetingNo,
    row,
  }: {
    readonly row?: string | undefined
    readonly meetingNo?: string | undefined
  }) =>
    `${row === undefined ? "a row" : `row ${row}`} is of ${meetingNo === undefined ? "another meeting number" : `the meeting number ${meetingNo}`}`,

  // Logins: SignIn, DeviceFlow, UserTokenSource
  giveRedirectUri: () => "Give a redirect URL of the app, such as http://127.0.0.1:17817/callback.",
  tooManyScopes: ({ count }: { readonly count: number }) => `they are ${count}`,
  notAScope: ({ text }: Text) => `"${text}" is not a scope`,
  giveScopes: () =>
    "Give at most 50 scopes, each as the developer console names it, such as vc:meeting:readonly.",
  noAccount: () => "the answer does not say whose token it is",
  loginNotStored: ({ account, text }: { readonly account: string } & Text) =>
    `The new tokens of ${account} could not be stored, and the stored ones are used up: the login is lost when this program ends, unless they can be stored before. ${text}`,

  // The file of a login: UserTokenFile
  notAFile: () => "it is not a regular file",
  fileOfOther: () => "it belongs to another user",
  othersCanRead: ({ mode }: { readonly mode: string }) =>
    `it holds tokens, and other users can read it (mode ${mode})`,
  notALogin: () => "it is damaged, or is not a login that effect-feishu has stored",
  laterLogin: () => "a later version of effect-feishu has written it",
  fileFailed: ({ code, does }: FileFailed) => `it cannot be ${does} (${code})`,
  lockHeld: ({ path, seconds }: Path & Seconds) =>
    `another process, or another part of this one, has held its lock ${path} for ${seconds} s`,
  lockFailed: ({ detail, path }: Path & { readonly detail: string }) =>
    `its lock ${path} cannot be used (${detail})`,
  sqliteMissing: () => "this runtime has no module node:sqlite, which makes the lock of the file",
  otherFile: () => "Use a file of your own, in a folder of your own.",
  keepOthersOut: ({ path }: Path) =>
    `Keep them out (chmod 600 ${path}), or use a folder on a file system that can.`,
  restoreLogin: () => "Restore it, or move it away and sign in again.",
  useLaterVersion: () => "Use that version, or move the file away and sign in again.",
  allowFile: () => "Allow this user to read and write it and its folder, or use another file.",
  closeFile: () =>
    "Close the program that has it open, such as an editor or a virus scanner; if none has, allow this user to read and write it and its folder.",
  makeRoom: () => "Make room on its disk.",
  mountFolder: () =>
    "If it is mounted by itself, mount its folder instead: a file that something is mounted on cannot be replaced.",
  otherFolder: () => "Use a folder that this user can write to, on a file system with locks.",
  endHolder: () =>
    "If that process is stopped or hangs, end it: fuser or lsof with that path shows which, and on Windows its Resource Monitor. If there is none, the file system may have no locks. Do not remove the lock.",
  provideSqlite: () =>
    "Use Node 22.19, Deno 2.2 or Bun 1.4, or later; or keep the login in a store of your own.",

  // Where it happened: FeishuError.position
  window: ({ end, meetingNo, start }: NumberAndTime) => `meeting ${meetingNo} from ${start} to ${end}`,

  meeting: ({ meetingId }: { readonly meetingId: string }) => `meeting id ${meetingId}`,

  // Warnings
  othersCouldRead: ({ mode, path }: Path & { readonly mode: string }) =>
    `Other users could read ${path}, which holds tokens (mode ${mode}). Now only its owner can. If you do not trust them, sign out and in again.`,
  timeUnreachable: ({ end, meetingNo, start }: NumberAndTime) =>
    `Meetings of ${meetingNo} from ${start} to ${end} were left out: that is now more than 90 days ago, and Feishu no longer returns it.`,
  oldWindowEmpty: ({ end, meetingNo, start }: NumberAndTime) =>
    `No meetings of ${meetingNo} from ${start} to ${end}: that is more than 90 days ago, so Feishu may no longer return them.`,
  windowReadAgain: () =>
    "The page token of the cursor is no longer accepted: its window is read again from its start.",
  certificateOutOfDate: ({ day, more, subject, which }: CertificateOutOfDate) =>
    `The certificate of ${subject} among those to trust ${which === "expired" ? "expired" : "is not valid before"} ${which === "expired" ? `on ${day}` : day}${more === 0 ? "" : `, and ${more} more are out of date`}: certificates that it signed are refused.`,
  rateLimitRefused: ({ logId, paceMillis, resetMillis }: RateLimitRefused) =>
    `The rate limit refused a request${logId === undefined ? "" : ` (log id: ${logId})`}, so another program uses the same app. Requests pause for ${inWords(resetMillis)}, and are then sent at least ${inWords(paceMillis)} apart.`,
}

/** Units in which programs write unix time, and Feishu does not. */
export type SmallUnit = "milliseconds" | "microseconds" | "nanoseconds"

interface CertificateOutOfDate {
  readonly subject: string
  readonly which: "expired" | "not yet valid"
  /** The day as ISO date in UTC. */
  readonly day: string
  /** How many others are out of date. */
  readonly more: number
}

interface RateLimitRefused {
  readonly logId?: string | undefined
  readonly resetMillis: number
  readonly paceMillis: number
}

/** The most characters of a secret: more than any token of Feishu has, and than most servers accept in a header. */
export const longestSecret = 8_192

const secretProblems = {
  empty: "it is empty",
  "too long": `it is longer than ${longestSecret} characters`,
  blanks: "it has blanks or line breaks",
  "quotation mark": "it has a quotation mark at an end",
  "not ASCII": "it has characters that are not visible ASCII",
  "not text": "it is not text",
  bearer: 'it begins with "Bearer", which is not part of it',
  "access token as app id": "it is an access token, not an app id",
  "app secret as app id": "it looks like an app secret, not an app id",
  "app id as app secret": "it is an app id, not an app secret",
  "app id as access token": "it is an app id, not an access token",
  "access token as app secret": "it is an access token, not an app secret",
  "not marked as app secret": "it is not marked as an app secret",
  "not marked as access token": "it is not marked as an access token",
  "not marked as app ticket": "it is not marked as an app ticket",
} as const

/** Why a text cannot be a secret or app id of Feishu. */
export type SecretProblem = keyof typeof secretProblems

/** The English of each reason, as a clause about "it". */
export const ofSecretProblem = (problem: SecretProblem): string => secretProblems[problem]

type English = typeof english

/** The kind of a sentence. */
export type Kind = keyof English

/** The values of a sentence of this kind. */
export type Values<K extends Kind> = Parameters<English[K]> extends readonly [infer V] ? V : {}

/** The kinds without values. */
export type PlainKind = { readonly [K in Kind]: {} extends Values<K> ? K : never }[Kind]

/** A kind with its values. */
export type Sentence = {
  readonly [K in Kind]: { readonly kind: K; readonly values: Values<K> }
}[Kind]

/** The sentences in one language: for each kind a function that makes the text from the values. */
export type Table = { readonly [K in Kind]: (values: Values<K>) => string }

/** Makes a sentence. A kind without values takes none. */
export const make = <K extends Kind>(
  kind: K,
  ...[values]: {} extends Values<K> ? [values?: Values<K>] : [values: Values<K>]
): Sentence => ({ kind, values: values ?? {} }) as Sentence

/**
 * The text of a sentence by a table. A stored error may come from a later version, with a kind that the table does not have: the
 * text is then `otherwise`, or the name of the kind.
 */
export const say = (sentence: Sentence, table: Table, otherwise: string = sentence.kind): string => {
  // TypeScript cannot see that the values of a kind fit the function under that kind.
  const textOf = table[sentence.kind] as ((values: unknown) => string) | undefined
  return textOf === undefined ? otherwise : textOf(sentence.values)
}

/** The table that the English texts of this package come from. */
export const englishTable: Table = english as Table

/** The text of a sentence in English. */
export const inEnglish = (sentence: Sentence): string => say(sentence, englishTable)

/**
 * The words in which warnings are logged; English unless the application provides another language.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Sentence } from "@effect-feishu/core"
 *
 * const program = Sentence.warn(Sentence.make("windowReadAgain"))
 * const inChinese = Effect.provideService(program, Sentence.CurrentWording, ({ kind }) =>
 *   kind === "windowReadAgain" ? "游标中的 page_token 已失效：该时间段将从头重新读取。" : kind,
 * )
 * console.log(Effect.isEffect(inChinese)) // => true
 * ```
 */
export const CurrentWording = Context.Reference<(sentence: Sentence) => string>(
  "@effect-feishu/core/Sentence/CurrentWording",
  { defaultValue: () => inEnglish },
)

/** Logs a sentence as a warning, in the words of `CurrentWording`. */
export const warn = (sentence: Sentence): Effect.Effect<void> =>
  Effect.flatMap(CurrentWording, (wording) => Effect.logWarning(wording(sentence)))

/** A sentence as a field of an error. A kind that a later version has added is kept as it is. */
export const Field = Schema.Struct({
  kind: Schema.String,
  values: Schema.Record(Schema.String, Schema.Unknown),
}) as unknown as Schema.Codec<Sentence>

/** A text, or a sentence from which a text is made. */
export type Given = string | Sentence

/** The English of what was given, of at most `most` characters. */
export const textOf = (given: Given, most: number): string =>
  shortened(typeof given === "string" ? given : inEnglish(given), most)

/** The sentence that was given, if it was one, with texts of at most `most` characters. */
export const sentenceOf = (given: Given, most: number): Sentence | undefined => {
  if (typeof given === "string") return undefined
  const values = Object.entries(given.values).map(([name, value]) => [
    name,
    typeof value === "string" ? shortened(value, most) : value,
  ])
  return { kind: given.kind, values: Object.fromEntries(values) } as Sentence
}
