import { availableParallelism } from "node:os"
import { defineConfig } from "vitest/config"

/** Tests that need what npm does not bring, Debian's chromium and postgresql, and those that take their time. */
export default defineConfig({
  test: {
    include: ["mock-server/test/**/*.services.ts", "packages/*/test/**/*.services.ts", "docs/test/**/*.services.ts"],
    globalSetup: ["packages/cli/test/bundle.ts", "packages/promise/test/packed.ts"],
    // Much of it is waiting: with one worker for each of two cores it would take a quarter of an hour.
    maxWorkers: Math.ceil(1.5 * availableParallelism()),
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
