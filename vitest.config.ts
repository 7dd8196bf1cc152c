import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: [
      "packages/*/examples/**/*.test.ts",
      "packages/*/test/**/*.test.ts",
      "mock-server/test/**/*.test.ts",
    ],
    testTimeout: 30_000,
    // Much of the tests is waiting for sockets and processes: one worker less than there are cores leaves one idle.
    maxWorkers: "100%",
  },
})
