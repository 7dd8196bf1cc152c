import { defineConfig } from "vitest/config"

export default defineConfig({
  // Starts one mock for all test files.
  test: { globalSetup: ["@effect-feishu/mock-server/vitest-setup"] },
})
