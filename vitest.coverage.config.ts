import { defineConfig } from "vitest/config"

/**
 * How much of contract and core their tests run: `pnpm run coverage`. Those are left out that run the same lines again with other
 * values, a thousand times, or in other processes: with V8's counters they alone would take longer than all of `test`.
 */
export default defineConfig({
  test: {
    include: ["packages/{contract,core}/test/**/*.test.ts"],
    exclude: [
      "packages/core/test/sim/**",
      "packages/core/test/{ReadAhead,StoreApp,arbitraryAnswers,canary,docs,oldNode,rateLimitServers,readme,sdk}.test.ts",
    ],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: "100%",
    isolate: false,
    silent: "passed-only",
    coverage: {
      enabled: true,
      provider: "v8",
      include: ["packages/{contract,core}/src/**"],
      reporter: ["text-summary", "html"],
      // Floors, a little below what there is: a change that falls below one needs a test, or less code.
      thresholds: {
        "packages/contract/src/**": { lines: 99, branches: 95, functions: 98, statements: 99 },
        "packages/core/src/**": { lines: 97, branches: 92, functions: 94, statements: 96 },
      },
    },
  },
})
