/**
 * The English of the client's errors and of the catalogue of error codes, with this command's flags instead of the client's
 * code.
 */
import { ErrorCodes, type FeishuError, Sentence } from "@effect-feishu/core"
import { englishSentences } from "./englishSentences.ts"
import { rateLimitFlag, settingName } from "./settingName.ts"

/** Returns the remedy of a code, with the names of this command. */
export const remedyOfCode = (
  { code, remedy, remedyOfApp }: ErrorCodes.ErrorCode,
  endpoint: string | undefined,
): string => {
  if (code === 99991400) {
    return `Wait until the window resets; if other programs use the same app, have them send fewer requests, or lower ${rateLimitFlag(endpoint)}.`
  }
  return remedyOfApp === undefined
    ? remedy + afterwards(code)
    : "Put a fresh access token into FEISHU_ACCESS_TOKEN; or set FEISHU_APP_ID and FEISHU_APP_SECRET instead: tokens are then fetched and refreshed for you."
}

/** Returns what this command adds to the remedy of a code. */
const afterwards = (code: number): string =>
  code === 99991679 ? " If it is a login: feishu-meetings login asks for what its flags need." : ""

const intoFile = "put the certificate of its authority into a file, and name that in FEISHU_CA_FILE"

/** The codes of a certificate with another problem than an authority that is not trusted. */
const otherThanAuthority: ReadonlySet<string> = new Set([
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "HOSTNAME_MISMATCH",
])

/** Returns the remedy of a failure on the way to Feishu, with flags where the client names its options. */
const remedyOfTransport = (reason: FeishuError.TransportFailed): string => {
  switch (reason.fault) {
    case "attempt took too long":
      return "Try again later, or with a smaller --page-size."
    case "proxy certificate refused":
      return `Check the host name in ${reason.proxySetting ?? "HTTPS_PROXY"}; if it is right, ${intoFile}.`
    case "certificate refused":
      return otherThanAuthority.has(reason.systemCode ?? "")
        ? reason.remedy
        : `If a proxy inspects TLS, or this is a private deployment, ${intoFile}. Otherwise somebody may be intercepting the connection.`
    default:
      return reason.remedy
  }
}

const remedyOf = (reason: FeishuError.Reason): string => {
  switch (reason._tag) {
    case "InvalidRequest": {
      const sentence = reason.sentences?.remedy
      return sentence === undefined ? reason.remedy : Sentence.say(sentence, englishSentences, reason.remedy)
    }
    case "RangeTooOld":
      return `Give ${reason.earliestStart} or later as --from.`
    case "CursorUnusable":
      return reason.problem === "other tenant"
        ? "Go on in the program that made the cursor: this command reads the tenant of its own app."
        : reason.remedy
    case "SignInRequired":
      return reason.remedy.replace(/ign in( again)?\.$/, "ign in$1: feishu-meetings login.")
    case "SignInFailed":
      return reason.remedy.replace("SignIn.authorizeUrl", "feishu-meetings login --redirect")
    case "RateLimited":
      return `Try again then; if other programs use the same app, have them send fewer requests, or lower ${rateLimitFlag(reason.endpoint)}.`
    case "TransportFailed":
      return remedyOfTransport(reason)
    default: {
      if (!("code" in reason) || reason.code === undefined) return reason.remedy
      const code = ErrorCodes.find(reason.code, reason.endpoint)
      // A token that was fetched for an app has another remedy, which names nothing of the client's code.
      return code !== undefined && reason.remedy === code.remedy
        ? remedyOfCode(code, reason.endpoint)
        : reason.remedy + afterwards(reason.code)
    }
  }
}

/** Returns meaning and remedy of a reason. */
export const ofReason = (reason: FeishuError.Reason) => ({
  meaning: settingName(reason.meaning),
  remedy: settingName(remedyOf(reason)),
})

/** Returns the text of a sentence of the client. */
export const ofSentence = (sentence: Sentence.Sentence): string => Sentence.say(sentence, englishSentences)
