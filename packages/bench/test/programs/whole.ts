import { report } from "../../src/Measurement.ts"

report([{ what: "first", unit: "ms", value: () => 2, goal: 1 }])
report([{ what: "second", unit: "×", value: () => 0.5 }])
