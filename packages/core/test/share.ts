/**
 * How much of the rounds, kills and meetings of an expensive test there is: `SHARE=0.3` in the environment is three of ten, as in CI for
 * each commit. All by default.
 */
export const shareOf = (count: number): number => Math.ceil(count * Number(process.env["SHARE"] ?? 1))
