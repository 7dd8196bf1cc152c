/**
 * Loaded into the process of a measurement, before it. Reports an uncaught error to the process that started this one,
 * and ends this process when that one has ended.
 */
import { reason } from "./Measurement.ts"

// The exit code alone does not say why the process ended.
process.on("uncaughtExceptionMonitor", (error) => process.send?.({ because: reason(error) }))
// The process that started this one has ended, so nothing would read the rest of the results.
process.on("disconnect", () => process.exit())
process.channel?.unref()
