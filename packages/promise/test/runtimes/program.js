/** Makes reads on Node, Bun and Deno: they come in the environment, and the outcomes are printed. */
import { outcomesOf } from "./reads.js"

console.log(JSON.stringify(await outcomesOf(JSON.parse(process.env.READS))))
