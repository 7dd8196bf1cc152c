import type { UserTokenStore } from "@effect-feishu/core"
import type { Login } from "../SignIn.ts"

/** Returns a login without its tokens. */
export const toLogin = ({
  account,
  accessTokenEndsAt,
  appId,
  baseUrl,
  refreshTokenEndsAt,
  scopes,
  signedInAt,
}: UserTokenStore.UserTokens): Login => ({
  appId,
  baseUrl,
  account,
  scopes,
  accessTokenEndsAt,
  ...(refreshTokenEndsAt === undefined ? {} : { refreshTokenEndsAt }),
  signedInAt,
})
