import { defineConfig } from "vitest/config"

/** Tests that need what npm does not bring: Debian's chromium. */
export default defineConfig({
  test: {
    include: ["mock-server/test/**/*.services.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
