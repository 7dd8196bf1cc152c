/** Values that begin with a dash, such as `--from -30d`. */

/**
 * The arguments with each such value joined to its flag, `--from=-30d`, as every other command takes them: Effect would
 * read `-30d` as three flags, and the `-h` in `-1h` as the one that shows the help. No flag of this command has one
 * dash and more than one letter.
 */
export const join = (args: ReadonlyArray<string>): ReadonlyArray<string> => {
  const end = args.includes("--") ? args.indexOf("--") : args.length
  const joined: Array<string> = []
  for (const arg of args.slice(0, end)) {
    const flag = joined.at(-1)
    if (/^-[^-]./.test(arg) && flag !== undefined && /^--[^=]+$/.test(flag)) {
      joined[joined.length - 1] = `${flag}=${arg}`
    } else {
      joined.push(arg)
    }
  }
  return [...joined, ...args.slice(end)]
}
