/** Rows of FIDELITY.md that no read-only request from outside can settle, and why. */

const storeApp = "needs a store app and its tickets"
const user = "needs a user's grant"
const client = "is about the SDK, which the mock's own tests drive"

/** The reason by the row's id. */
export const notChecked: Readonly<Record<string, string>> = {
  "store-app-token": storeApp,
  "store-tenant-token": storeApp,
  "app-ticket-resend": "makes Feishu push an event, which is no read",
  "app-ticket-event": storeApp,
  "app-ticket-times": storeApp,
  "10012": storeApp,
  "10016": "asks for a ticket, which is no read",
  "body-size": "sends a megabyte to where tokens come from, which is no read",
  connections: "opens thousands of connections to Feishu, which is no read",
  "slow-request": "holds up a connection of Feishu's, which is no read",
  "user-tokens": user,
  "oauth-user-grants": user,
  "99991677": user,
  "99991679": user,
  "20002": "needs a second wrong secret, and one is enough",
  "20004": user,
  "20024": user,
  "20037": user,
  "20064": user,
  "20073": user,
  "99991401": "needs an app that allows other addresses only",
  "99991403": "needs the month's calls to be used up; monthlyQuota tells when they are",
  "121001": "comes of a fault inside Feishu",
  "sdk-page": client,
  "sdk-iterator": client,
  "sdk-token-cache": client,
  "sdk-codes": client,
  "sdk-log": client,
  "sdk-not-here": client,
  "sdk-network": client,
  ...Object.fromEntries(
    [
      "1500",
      "1663",
      "2200",
      "5000",
      "20050",
      "20072",
      "121002",
      "121004",
      "121005",
      "121006",
      "99991543",
      "99991664",
      "99991665",
    ].map((code) => [code, "comes of faults and objects that cannot be asked for"]),
  ),
}
