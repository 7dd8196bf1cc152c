/** A text, set as JSON where it is JSON, with the date next to each unix time. */
import { datesIn } from "./dates.ts"
import { prettyJson } from "./prettyJson.ts"

/** The text. Dates are not part of what a reader selects and copies. */
export const Json = ({ text }: { readonly text: string }) => (
  <>
    {datesIn(prettyJson(text)).map((part, index) =>
      typeof part === "string" ? (
        part
      ) : (
        <span key={index} class="date">
          {part.date}
        </span>
      ),
    )}
  </>
)
