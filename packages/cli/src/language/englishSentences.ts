/** The English of every sentence of the client, with this command's flags instead of the client's code. */
import { Sentence } from "@effect-feishu/core"

/** The English of each sentence, by its kind. */
export const englishSentences: Sentence.Table = {
  ...Sentence.englishTable,
  useHttps: () =>
    "Over plain http anyone on the way can read the token. Use https; --allow-http (or FEISHU_ALLOW_HTTP=true) permits plain http.",
  setCredentials: () => "Set FEISHU_APP_ID and FEISHU_APP_SECRET, or FEISHU_ACCESS_TOKEN.",
  giveCredentials: () => "Set FEISHU_APP_ID and FEISHU_APP_SECRET, or FEISHU_ACCESS_TOKEN.",
  giveAppSecret: () => "Set FEISHU_APP_SECRET exactly as Feishu gave it.",
  giveAccessToken: () => "Set FEISHU_ACCESS_TOKEN exactly as Feishu gave it.",
  provideFetch: () => "Run this command with Node.",
  giveTenant: () => "Give the tenant key of the tenant to read.",
  windowReadAgain: () =>
    "The page token of the cursor is no longer accepted: its 90-day period is read again from its start.",
  leaveTenantOut: () => "Do not name a tenant, or use the credentials of a store app.",
}
