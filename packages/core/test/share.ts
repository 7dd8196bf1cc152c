/**
 * How much of the rounds and kills of a test is played: `SHARE=0.3` in the environment plays three of ten, as CI does for each commit.
 * By default all are played.
 */
export const shareOf = (count: number): number => Math.ceil(count * Number(process.env["SHARE"] ?? 1))
