/** Texts for addresses: where a mock listens, which pages may use it, and where it pushes events. */
import * as Net from "node:net"
import * as Schema from "effect/Schema"

/** A kind of text: its check, and its description in messages. */
interface Kind {
  readonly takes: string
  readonly is: (text: string) => boolean
}

/** Returns the Schema of a kind. */
export const schema = ({ is, takes }: Kind) =>
  Schema.String.check(Schema.makeFilter(is, { message: `must be ${takes}`, toJsonSchema: () => [{}, true] }))

/** An address to listen on. An empty one would mean every address of the machine. */
export const host: Kind = {
  takes: "an address or a name of this machine, such as 127.0.0.1",
  is: (text) => Net.isIP(text) !== 0 || /^(?=.{1,253}$)[a-z\d]([\w.-]*[a-z\d])?$/i.test(text),
}

/** A control token. Clients send it in `Authorization: Bearer …`, where spaces at its ends would be lost and other characters changed. */
export const controlToken: Kind = {
  takes: "1 to 1000 visible ASCII characters, with spaces only between them",
  is: (text) => /^[!-~](?:[ -~]{0,998}[!-~])?$/.test(text),
}

/** The origin of pages, exactly as browsers send it. */
export const origin: Kind = {
  takes: "the origin of a page, such as http://localhost:5173",
  is: (text) => isHttp(text) && new URL(text).origin === text,
}

/** An address for events. A user name or password in it would be shown wherever the address is. */
export const eventUrl: Kind = {
  takes:
    "the address of your event handler, such as http://127.0.0.1:3000/events, without a user name and password",
  is: (text) => isHttp(text) && new URL(text).username === "" && new URL(text).password === "",
}

const isHttp = (text: string): boolean => /^https?:/i.test(text) && URL.canParse(text)
