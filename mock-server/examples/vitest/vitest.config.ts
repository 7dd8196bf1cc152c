import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["*.spec.ts"],
    globalSetup: ["@effect-feishu/mock-server/vitest-setup"],
  },
})
