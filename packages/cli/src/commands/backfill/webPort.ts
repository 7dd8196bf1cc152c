/** The port of the page of `--web`, which the help names; the page itself is loaded only when it is asked for. */
export const defaultPort = 17_818
