/** Runs the tests of `examples/postgres-nightly`, which need an address in DATABASE_URL, with a PostgreSQL of their own. */
import { afterAll } from "vitest"
import * as Postgres from "./Postgres.ts"

const postgres = await Postgres.start()
afterAll(() => postgres[Symbol.asyncDispose]())
process.env["DATABASE_URL"] = postgres.url
await import("../../../examples/postgres-nightly/test/nightly.test.ts")
