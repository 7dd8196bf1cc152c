/** The endpoints of Feishu that the mock has, by their names in fault rules and in the journal. */
import { AppAccessToken, AppTicket, ListByNo, OAuth, TenantAccessToken } from "@effect-feishu/contract"
import * as Struct from "effect/Struct"
import type { Operation, OperationName } from "./PublicTypes.ts"

export type { Operation, OperationName }

/** The method and path of each endpoint. */
const operations = {
  "meetings.listByNo": `GET ${ListByNo.path}`,
  "auth.tenantAccessTokenInternal": `POST ${TenantAccessToken.internalPath}`,
  "auth.appAccessTokenInternal": `POST ${AppAccessToken.internalPath}`,
  "auth.appAccessToken": `POST ${AppAccessToken.storePath}`,
  "auth.tenantAccessToken": `POST ${TenantAccessToken.storePath}`,
  "auth.appTicketResend": `POST ${AppTicket.resendPath}`,
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

const byRoute = new Map(names.map((name) => [operations[name] as string, name]))

/** Returns the endpoint of a request; `undefined` if the mock has no such endpoint. */
export const find = (method: string, path: string): Operation | undefined => byRoute.get(`${method} ${path}`)

/**
 * True for an endpoint behind the gateway, which has an access token in its header: those that read. The others give tokens, and
 * have credentials in their body.
 */
export const isRead = (name: Operation): boolean => operations[name].startsWith("GET ")

/** The endpoints whose answers come in pages. */
export const paged: ReadonlyArray<OperationName> = ["meetings.listByNo"]

/** Returns the method and path of an endpoint. */
export const route = (name: Operation): string => operations[name]
