import { defineConfig } from "vitest/config"

/** The tests that judge mutants: those that try a mutated file alone, in a second or two. */
export default defineConfig({
  test: {
    include: [
      "packages/core/test/{Cursor,Lane,Pagination,RateLimit}.test.ts",
      "packages/cli/test/{Checkpoint,Recorded}.test.ts",
    ],
    // A fiber that a mutant lets wait for ever costs this much time.
    testTimeout: 20_000,
  },
})
