import { defineConfig } from "vitest/config"

/** Tests that need what npm does not bring, Debian's chromium and postgresql, and those that take their time. */
export default defineConfig({
  test: {
    include: ["mock-server/test/**/*.services.ts", "packages/*/test/**/*.services.ts"],
    globalSetup: ["packages/cli/test/bundle.ts", "packages/promise/test/packed.ts"],
    // Much of it is waiting: with one worker on two cores it would take a quarter of an hour.
    maxWorkers: "100%",
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
