/** Formats times in the reader's time zone. */

// The Swedish locale writes times like ISO 8601, which engineers everywhere read the same way.
const format = (options: Intl.DateTimeFormatOptions) => {
  const { format } = new Intl.DateTimeFormat("sv-SE", options)
  return (millis: number): string => format(millis)
}

const day = { year: "numeric", month: "2-digit", day: "2-digit" } as const
const minutes = { hour: "2-digit", minute: "2-digit" } as const
const seconds = { ...minutes, second: "2-digit" } as const

/** Formats a time as `09:00:00`. */
export const timeOfDay = format(seconds)

/** Formats a time as `2026-01-31 09:00:00 GMT+8`. */
export const full = format({ ...day, ...seconds, timeZoneName: "short" })

/** Formats a time as `2026-01-31 09:00`. */
export const toTheMinute = format({ ...day, ...minutes })

const toTheSecond = format({ ...day, ...seconds })

/** Formats a time as the value of a `datetime-local` field. */
export const toField = (millis: number): string => toTheSecond(millis).replace(" ", "T")

/** Parses the value of a `datetime-local` field into unix seconds. */
// oxlint-disable-next-line no-restricted-globals -- Only a Date parses times of the browser's time zone.
export const fromField = (text: string): number => new Date(text).getTime() / 1000

/** Formats a time for `<time datetime>`. */
// oxlint-disable-next-line no-restricted-globals -- Only a Date has this form.
export const machine = (millis: number): string => new Date(millis).toISOString()
