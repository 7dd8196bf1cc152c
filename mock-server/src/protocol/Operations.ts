/** The endpoints of Feishu that are here, by the names that fault rules and the journal have for them. */
import { AppAccessToken, AppTicket, ListByNo, OAuth, TenantAccessToken } from "@effect-feishu/contract"
import * as Struct from "effect/Struct"
import type { Operation, OperationName } from "./PublicTypes.ts"

export type { Operation, OperationName }

/** Method and path of each. */
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

/** Every name. */
export const names = Object.keys(operations) as ReadonlyArray<Operation>

const otherNames = { "oauth.token": "oauth.clientCredentials" } as const satisfies {
  readonly [Name in Exclude<OperationName, Operation>]: Operation
}

/** Every name that is accepted: for some endpoints there is a second one. */
export const accepted: ReadonlyArray<OperationName> = [...names, ...Struct.keys(otherNames)]

/** The name of an endpoint as the mock gives it, of one that is accepted. */
export const named = (name: OperationName): Operation =>
  name in otherNames ? otherNames[name as keyof typeof otherNames] : (name as Operation)

const byRoute = new Map(names.map((name) => [operations[name] as string, name]))

/** The endpoint of a request, or `undefined` where there is none. */
export const find = (method: string, path: string): Operation | undefined => byRoute.get(`${method} ${path}`)

/** Method and path of an endpoint. */
export const route = (name: Operation): string => operations[name]
