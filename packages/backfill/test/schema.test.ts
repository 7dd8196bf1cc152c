import { SqliteClient } from "../src/index.ts"
import { schemaTests } from "./schemaTests.ts"

schemaTests("sqlite", SqliteClient.layer({ filename: ":memory:" }))
