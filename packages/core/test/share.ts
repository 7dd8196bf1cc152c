/**
 * How much of the rounds, kills and meetings of an expensive test there is: `SHARE=0.2` in the environment is one of five, as in CI for
 * each commit. All by default.
 */
export const shareOf = (count: number): number => Math.ceil(count * Number(process.env["SHARE"] ?? 1))

/** That share of a list, others of it in each turn. */
export const someOf = <A>(all: ReadonlyArray<A>, turn = 0): ReadonlyArray<A> => {
  const first = turn % all.length
  return [...all.slice(first), ...all.slice(0, first)].slice(0, shareOf(all.length))
}
