import { defaultApp, type Seed } from "./Seed.ts"

/**
 * The seed of a mock that is started without one: one self-built app and three meeting numbers with 120 meetings each, in the
 * 88 days before today.
 */
export const sample = {
  apps: [defaultApp],
  generate: [
    { meeting_no: "337736498", count: 120 },
    { meeting_no: "146453285", count: 120 },
    { meeting_no: "582910746", count: 120 },
  ],
} satisfies Seed
