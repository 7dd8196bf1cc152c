/** The endpoints of Feishu that the mock has, by their names in fault rules and in the journal. */
import {
  AppAccessToken,
  AppTicket,
  GetMeeting,
  GetRecording,
  ListByNo,
  OAuth,
  TenantAccessToken,
  UserInfo,
} from "@effect-feishu/contract"
import * as Struct from "effect/Struct"
import type { Operation, OperationName } from "./PublicTypes.ts"

export type { Operation, OperationName }

/** The method and path of each endpoint. */
const operations = {
  "meetings.listByNo": `GET ${ListByNo.path}`,
  "meetings.get": `GET ${GetMeeting.path}`,
  "meetings.getRecording": `GET ${GetRecording.path}`,
  "auth.tenantAccessTokenInternal": `POST ${TenantAccessToken.internalPath}`,
  "auth.appAccessTokenInternal": `POST ${AppAccessToken.internalPath}`,
  "auth.appAccessToken": `POST ${AppAccessToken.storePath}`,
  "auth.tenantAccessToken": `POST ${TenantAccessToken.storePath}`,
  "auth.appTicketResend": `POST ${AppTicket.resendPath}`,
  "authen.userInfo": `GET ${UserInfo.path}`,
  "oauth.deviceAuthorization": `POST ${OAuth.deviceAuthorizationPath}`,
  "oauth.userToken": `POST ${OAuth.userTokenPath}`,
  "oauth.clientCredentials": `POST ${OAuth.tokenPath}`,
} as const satisfies { readonly [Name in Operation]: string }

/** Every name that the mock gives. */
export const names = Object.keys(operations) as ReadonlyArray<Operation>

const otherNames = { "oauth.token": "oauth.clientCredentials" } as const satisfies {
  readonly [Name in Exclude<OperationName, Operation>]: Operation
}

/** Every name that the mock accepts: some endpoints have a second one. */
export const accepted: ReadonlyArray<OperationName> = [...names, ...Struct.keys(otherNames)]

/** Returns the name that the mock gives for a name that it accepts. */
export const named = (name: OperationName): Operation =>
  name in otherNames ? otherNames[name as keyof typeof otherNames] : (name as Operation)

/** The endpoint of a request, and the values of the parameters in its path. */
export interface Found {
  readonly operation: Operation
  readonly params: Readonly<Record<string, string>>
}

const isParameter = (segment: string) => segment.startsWith(":")

/** Routes without parameters, by their text. */
const literals = new Map<string, Found>()
/** Routes with parameters, in segments. */
const templates: Array<{ readonly operation: Operation; readonly segments: ReadonlyArray<string> }> = []
for (const operation of names) {
  const segments = operations[operation].split("/")
  if (segments.some(isParameter)) templates.push({ operation, segments })
  else literals.set(operations[operation], { operation, params: {} })
}

/**
 * Returns the endpoint of a request; `undefined` if the mock has no such endpoint. A path is matched to the letter, except for
 * parameters: each is one segment that is not empty. `list_by_no` is not an id: a path without parameters comes first (inferred).
 */
export const find = (method: string, path: string): Found | undefined =>
  literals.get(`${method} ${path}`) ?? findTemplate(`${method} ${path}`.split("/"))

const findTemplate = (given: ReadonlyArray<string>): Found | undefined => {
  for (const { operation, segments } of templates) {
    if (segments.length !== given.length) continue
    const isRoute = segments.every((segment, index) =>
      isParameter(segment) ? given[index] !== "" : segment === given[index],
    )
    if (isRoute) return { operation, params: paramsOf(segments, given) }
  }
  return undefined
}

const paramsOf = (segments: ReadonlyArray<string>, given: ReadonlyArray<string>) =>
  Object.fromEntries(
    segments.flatMap((segment, index) =>
      isParameter(segment) ? [[segment.slice(1), unescaped(given[index]!)]] : [],
    ),
  )

/** Returns a segment of a path without its escapes, or as it is when they are not escapes. */
const unescaped = (segment: string): string => {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

/** Returns the path of an endpoint with something in the place of its parameters, by which a router finds it. */
export const pathOf = (name: Operation): string => operations[name].slice(operations[name].indexOf("/"))

/**
 * True for an endpoint behind the gateway, which has an access token in its header: those that read. The others give tokens, and
 * have credentials in their body.
 */
export const isRead = (name: Operation): boolean => operations[name].startsWith("GET ")

/** The endpoints whose answers come in pages. */
export const paged: ReadonlyArray<OperationName> = ["meetings.listByNo"]

/** Returns the method and path of an endpoint. */
export const route = (name: Operation): string => operations[name]
