import { defineConfig } from "vitest/config"

// A program that is started takes its time on a busy machine.
export default defineConfig({ test: { testTimeout: 30_000 } })
