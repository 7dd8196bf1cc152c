/** The rows of FIDELITY.md that no read-only request from outside can check, and why. */

const storeApp = "needs a store app and its tickets"
const user = "needs the consent of a user"
const client = "is about the SDK, which the mock's own tests run"

/** The reason for each row, by its id. */
export const notChecked: Readonly<Record<string, string>> = {
  "store-app-token": storeApp,
  "store-tenant-token": storeApp,
  "app-ticket-resend": "makes Feishu push an event, so it is not read-only",
  "app-ticket-event": storeApp,
  "app-ticket-times": storeApp,
  "10012": storeApp,
  "10016": "requests a ticket, so it is not read-only",
  "body-size": "sends a megabyte to a token endpoint, which is more than a read",
  connections: "opens thousands of connections to Feishu, which is more than a read",
  "slow-request": "keeps a connection to Feishu busy, which is more than a read",
  "user-tokens": user,
  "oauth-user-grants": user,
  "99991677": user,
  "99991679": user,
  "20002": "needs a second wrong secret, and only one is sent",
  "20004": user,
  "20024": user,
  "20037": user,
  "20064": user,
  "20073": user,
  "99991401": "needs an app that allows only other addresses",
  "99991403": "needs the month's calls to be used up; the check monthly-quota says when they are",
  "121001": "comes from a fault inside Feishu",
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
      "122001",
      "122002",
      "124002",
      "99991543",
      "99991664",
      "99991665",
    ].map((code) => [code, "comes from faults and objects that cannot be requested"]),
  ),
}
