import { availableParallelism } from "node:os"
import { defineConfig } from "vitest/config"
import { BaseSequencer, type TestSpecification } from "vitest/node"

/** These take minutes in which they mostly wait: begun first, they end while the others are busy. */
const waiting = ["fire.services.ts", "frozen.services.ts"]

class WaitingFirst extends BaseSequencer {
  override async sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    const isWaiting = ({ moduleId }: TestSpecification) =>
      waiting.some((name) => moduleId.endsWith(`/${name}`))
    // Not that of an array.
    // oxlint-disable-next-line unicorn/no-array-sort
    const sorted = await super.sort(files)
    return [...sorted.filter(isWaiting), ...sorted.filter((file) => !isWaiting(file))]
  }
}

/** Tests that need what npm does not bring, Debian's chromium and postgresql, and those that take their time. */
export default defineConfig({
  test: {
    include: [
      // Those of postgres-nightly run in packages/core/test/nightly.services.ts.
      "examples/!(postgres-nightly)/test/**/*.test.ts",
      "mock-server/test/**/*.services.ts",
      "packages/*/test/**/*.services.ts",
      "docs/test/**/*.services.ts",
    ],
    globalSetup: [
      "packages/cli/test/bundle.ts",
      "packages/promise/test/packed.ts",
      // Some examples name it in a configuration of their own.
      "mock-server/src/vitest-setup.ts",
    ],
    // Much of it is waiting: with one worker for each of two cores it would take a quarter of an hour.
    maxWorkers: Math.ceil(1.5 * availableParallelism()),
    // A test may start fifty programs, three times as slowly beside two others as alone.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    sequence: { sequencer: WaitingFirst },
  },
})
