/** Loaded before a measurement, into its process: what the process that started it is to know, however either ends. */
import { reason } from "./Measurement.ts"

// Its exit code alone does not say why.
process.on("uncaughtExceptionMonitor", (error) => process.send?.({ because: reason(error) }))
// Nobody waits for the rest.
process.on("disconnect", () => process.exit())
process.channel?.unref()
