/** Times as people read them, in their own time zone. */

// The Swedish way to write a time is ISO's, which engineers of any country read the same.
const format = (options: Intl.DateTimeFormatOptions) => {
  const { format } = new Intl.DateTimeFormat("sv-SE", options)
  return (millis: number): string => format(millis)
}

const day = { year: "numeric", month: "2-digit", day: "2-digit" } as const
const minutes = { hour: "2-digit", minute: "2-digit" } as const
const seconds = { ...minutes, second: "2-digit" } as const

/** `09:00:00` */
export const timeOfDay = format(seconds)

/** `2026-01-31 09:00:00 GMT+8` */
export const full = format({ ...day, ...seconds, timeZoneName: "short" })

/** `2026-01-31 09:00` */
export const toTheMinute = format({ ...day, ...minutes })

const toTheSecond = format({ ...day, ...seconds })

/** What a `datetime-local` field holds. */
export const toField = (millis: number): string => toTheSecond(millis).replace(" ", "T")

/** The same the other way, as unix seconds. */
// oxlint-disable-next-line no-restricted-globals -- Nothing else of a browser reads its zone's times.
export const ofField = (text: string): number => new Date(text).getTime() / 1000

/** As `<time datetime>` has it. */
// oxlint-disable-next-line no-restricted-globals -- It is a Date that has this form.
export const machine = (millis: number): string => new Date(millis).toISOString()
