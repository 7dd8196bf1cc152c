import { report } from "../../src/Measurement.ts"

report([{ what: "first", unit: "ms", value: () => 1 }])
process.send!("the last word", () => process.kill(process.pid, "SIGKILL"))
setInterval(() => {}, 1_000)
