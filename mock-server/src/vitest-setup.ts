/**
 * The global set-up for vitest: starts the mock before the tests, and stops it after them. See `vitest`.
 *
 * @example
 * ```ts
 * // vitest.config.ts
 * import { defineConfig } from "vitest/config"
 *
 * export default defineConfig({ test: { globalSetup: ["@effect-feishu/mock-server/vitest-setup"] } })
 * ```
 */
import type { TestProject } from "vitest/node"
import { startFeishuMock } from "./index.ts"

/** Runs once before all tests. Vitest calls the returned function after them. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const feishu = await startFeishuMock()
  project.provide("feishuMockUrl", feishu.url)
  return feishu.close
}
