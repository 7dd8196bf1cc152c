/** The endpoints of Feishu that are here, by the names that fault rules and the journal have for them. */
import { AppAccessToken, AppTicket, ListByNo, OAuth, TenantAccessToken } from "@effect-feishu/contract"
import type { Operation } from "./PublicTypes.ts"

export type { Operation }

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

const byRoute = new Map(names.map((name) => [operations[name] as string, name]))

/** The endpoint of a request, or `undefined` where there is none. */
export const find = (method: string, path: string): Operation | undefined => byRoute.get(`${method} ${path}`)

/** Method and path of an endpoint. */
export const route = (name: Operation): string => operations[name]
