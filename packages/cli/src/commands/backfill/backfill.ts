/** What the commands of `backfill` do. Loaded only by them: the engine and its database take longer to load than all of `list`. */
export { change } from "./change.ts"
export { exportMeetings, failures } from "./rows.ts"
export { plan } from "./plan.ts"
export { run } from "./run.ts"
export { status } from "./status.ts"
