import { report } from "../../src/Measurement.ts"

report([{ what: "first", unit: "ms", value: () => 1 }])
setInterval(() => {}, 1_000)
