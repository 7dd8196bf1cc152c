import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    // One mock for all test files.
    globalSetup: ["@effect-feishu/mock-server/vitest-setup"],
    // A program that is started takes its time on a busy machine.
    testTimeout: 30_000,
  },
})
