import { median, medianRatio, part, report } from "../../src/Measurement.ts"

report([
  { what: "not a number", unit: "×", value: () => 0 / 0, goal: 2 },
  { what: "endless", unit: "×", value: () => 1 / 0 },
  { what: "of no samples", unit: "ms", value: () => median({ values: [] }) },
  {
    what: "divided by nothing",
    unit: "×",
    value: () => medianRatio({ values: [0, 1] }, { values: [0, 0] }),
  },
  { what: "no text", unit: "ms", value: () => Number("fast") },
  { what: "good", unit: "ms", value: () => 1 },
])
await part(
  () => Promise.reject(new Error("npx is | not there\nat line 1")),
  [{ what: "of a part that failed", unit: "ms", value: () => 1 }],
)
