import { report } from "../../src/Measurement.ts"

report([{ what: "first", unit: "ms", value: () => 1 }])
throw new Error("read 9 rows, not 10")
