/** Makes reads on Node, Bun and Deno: they come in the environment, and the outcomes are printed. */
import * as NodeHttp from "@effect-feishu/core/node"
import { outcomesOf, throughCore, ways } from "./reads.js"

ways["core with undici"] = (...read) => throughCore(NodeHttp.layer(), ...read)
console.log(JSON.stringify(await outcomesOf(JSON.parse(process.env.READS))))
