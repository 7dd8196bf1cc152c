/** Lists of what is wrong, as far as people read them: of sixty thousand faults the first ones say the most. */
import { firstOf, shortened } from "@effect-feishu/terminal/Shortened"

/** So many are told one by one, each in at most so many characters. */
const mostTold = 20
const longest = 300

/** The first of them, and how many more there are. */
export const told = (problems: ReadonlyArray<string>): ReadonlyArray<string> =>
  firstOf(problems, mostTold, (left) => `and ${left} more`).map((problem) => shortened(problem, longest))
