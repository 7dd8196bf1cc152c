import { configDefaults, defineConfig } from "vitest/config"

/** These start the command, which is bundled for them. */
const command = ["packages/cli/test/**/*.test.ts"]

/** These change what all of a process share: its stack traces, its environment, its modules. */
const alone = [
  "packages/core/test/canary.test.ts",
  "packages/core/test/docs.test.ts",
  "packages/core/test/slowNetwork.test.ts",
  "mock-server/test/Store.test.ts",
]

export default defineConfig({
  test: {
    testTimeout: 30_000,
    // A mock is loaded when the first hook starts it, which takes its time beside other tests.
    hookTimeout: 30_000,
    // Much of the tests is waiting for sockets and processes: one worker less than there are cores leaves one idle.
    maxWorkers: "100%",
    projects: [
      {
        extends: true,
        test: {
          name: "command",
          include: command,
          globalSetup: "packages/cli/test/bundle.ts",
          isolate: false,
        },
      },
      { extends: true, test: { name: "alone", include: alone } },
      {
        extends: true,
        test: {
          name: "together",
          include: [
            "packages/*/examples/**/*.test.ts",
            "packages/*/test/**/*.test.ts",
            "mock-server/test/**/*.test.ts",
            "docs/test/**/*.test.ts",
          ],
          exclude: [...configDefaults.exclude, ...command, ...alone],
          // To load Effect and the sources anew for each file takes longer than most of the tests.
          isolate: false,
        },
      },
    ],
  },
})
