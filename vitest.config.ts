import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: [
      "packages/*/examples/**/*.test.ts",
      "packages/*/test/**/*.test.ts",
      "mock-server/test/**/*.test.ts",
    ],
    testTimeout: 30_000,
  },
})
