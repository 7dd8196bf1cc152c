/**
 * The mock in vitest: one server for all test files, and a workspace for each test.
 *
 * In `vitest.config.ts`: `test: { globalSetup: ["@effect-feishu/mock-server/vitest-setup"] }`.
 *
 * @example
 * ```ts
 * import { feishuTest } from "@effect-feishu/mock-server/vitest"
 *
 * // In a test file: the workspace feishu belongs to this test, and is removed after it.
 * const declare = () =>
 *   feishuTest("a page that fails is read again", async ({ expect, feishu }) => {
 *     await feishu.addFault({ operation: "meetings.listByNo", when: { nth: 1 }, then: { code: 121001 } })
 *     // … read with feishu.url, feishu.appId and feishu.appSecret …
 *     expect(await feishu.journal({ code: 121001 })).toHaveLength(1)
 *   })
 * console.log(typeof declare) // => function
 * ```
 */
import "./thisNode.ts"
import { inject, test } from "vitest"
import { connect, type OwnWorkspace, type WorkspaceOptions } from "./library/ControlClient.ts"

declare module "vitest" {
  interface ProvidedContext {
    /** The URL of the mock that the set-up has started. */
    readonly feishuMockUrl: string
  }
}

/** The `test` of vitest with a workspace as `feishu`. `feishuOptions` say what it holds. */
export const feishuTest = test.extend<{
  readonly feishuOptions: WorkspaceOptions
  readonly feishu: OwnWorkspace
}>({
  // How vitest marks a fixture that test files may set with `test.override`.
  feishuOptions: [{}, { injected: true }],
  feishu: async ({ feishuOptions }, use) => {
    await using workspace = await connect({ url: inject("feishuMockUrl") }).workspace(feishuOptions)
    await use(workspace)
  },
})
