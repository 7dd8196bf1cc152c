/** Reads the meetings of many numbers and tenants into a table, on one machine or many. */
export * as Lane from "./Lane.ts"
