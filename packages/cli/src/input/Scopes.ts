/** The scopes that reads need, by the flags that say what is read. */
import * as GetMeeting from "@effect-feishu/contract/GetMeeting"
import * as GetRecording from "@effect-feishu/contract/GetRecording"
import * as ListByNo from "@effect-feishu/contract/ListByNo"
import * as OAuth from "@effect-feishu/contract/OAuth"
import type * as DetailsFlags from "./DetailsFlags.ts"

/** Returns what a read with these flags needs: of each group, one scope is enough. */
export const neededFor = ({
  details,
  participants,
  recordings,
  userIdType,
}: DetailsFlags.Given): ReadonlyArray<ReadonlyArray<string>> => [
  ListByNo.scopes,
  ...(details || participants ? [GetMeeting.scopes] : []),
  ...(recordings ? [GetRecording.scopes] : []),
  ...(userIdType === "user_id" ? [[GetMeeting.userIdScope]] : []),
]

/**
 * Returns the scopes to ask a user for: those that are named; of each group that they leave open the first; and
 * `offline_access`, without which a login lasts two hours.
 */
export const toAskFor = (
  named: ReadonlyArray<string>,
  groups: ReadonlyArray<ReadonlyArray<string>>,
): ReadonlyArray<string> => {
  const scopes = new Set(named)
  for (const group of groups) {
    const [first] = group
    if (first !== undefined && !group.some((scope) => scopes.has(scope))) scopes.add(first)
  }
  return [...scopes.add(OAuth.offlineAccess)]
}

/** Returns the scopes that a text lists, with blanks or commas between them. */
export const listed = (text: string): ReadonlyArray<string> =>
  text.split(/[\s,，、]+/).filter((scope) => scope !== "")
