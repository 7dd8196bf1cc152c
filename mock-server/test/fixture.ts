/** What the tests fill the mock with. */
import type { Seed } from "../src/seed/Seed.ts"

/** The start of the mock's clock in the tests: 2026-01-31T09:00:00Z. */
export const now = 1_769_850_000
const day = 24 * 60 * 60

/** An app that may read, one that may not, one of the store, and one in another tenant. */
export const seed = {
  apps: [
    {
      app_id: "cli_reader",
      app_secret: "secret",
      type: "self_built",
      scopes: ["vc:meeting:readonly"],
      tenants: ["tenant_a"],
    },
    {
      app_id: "cli_newer_scope",
      app_secret: "secret",
      type: "self_built",
      scopes: ["im:message", "vc:meeting.meetingid:read"],
      tenants: ["tenant_a"],
    },
    {
      app_id: "cli_no_scope",
      app_secret: "secret",
      type: "self_built",
      scopes: ["im:message"],
      tenants: ["tenant_a"],
    },
    {
      app_id: "cli_store",
      app_secret: "secret",
      type: "store",
      scopes: ["vc:meeting:readonly"],
      tenants: ["tenant_a"],
    },
    {
      app_id: "cli_elsewhere",
      app_secret: "secret",
      type: "self_built",
      scopes: ["vc:meeting:readonly"],
      tenants: ["tenant_b"],
    },
  ],
  meetings: [
    {
      id: "7600000000000000003",
      meeting_no: "337736498",
      topic: "third",
      start_time: now - day,
      tenant_key: "tenant_a",
    },
    {
      id: "7600000000000000001",
      meeting_no: "337736498",
      topic: "first",
      start_time: now - 3 * day,
      end_time: now - 3 * day + 60,
      url: "https://vc.feishu.cn/j/337736498",
      password: "971024",
      meeting_connect: false,
      note_id: "7600000000000000009",
    },
    { id: "7600000000000000002", meeting_no: "337736498", topic: "second", start_time: now - 2 * day },
    {
      id: "7600000000000000004",
      meeting_no: "337736498",
      topic: "of another tenant",
      start_time: now - 2 * day,
      tenant_key: "tenant_b",
    },
  ],
} satisfies Seed

/** A query that {@link seed} answers with its three meetings of tenant_a. */
export const goodQuery = {
  meeting_no: "337736498",
  start_time: String(now - 10 * day),
  end_time: String(now),
}
