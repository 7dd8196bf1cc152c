/** English where Chinese is due. */

/** What reads as an English sentence: three words in a row, which neither names nor commands are. */
export const english = (text: string): ReadonlyArray<string> =>
  text.match(/(?<![\w./:-])[A-Za-z]?[a-z']+,?(?: [a-z']+,?){2,}(?![\w./:-])/g) ?? []
