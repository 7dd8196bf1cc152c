/** Serves the routes at http://127.0.0.1:3000, or at the port in `PORT`, until Ctrl-C. */
import { serve } from "@hono/node-server"
import { createClient, FeishuError } from "@effect-feishu/promise"
import { makeApp } from "./app.ts"

const { FEISHU_APP_ID, FEISHU_APP_SECRET, FEISHU_BASE_URL, PORT = "3000" } = process.env
if (!FEISHU_APP_ID || !FEISHU_APP_SECRET) {
  console.error(
    "Set FEISHU_APP_ID and FEISHU_APP_SECRET: they are on the app's page in the developer console.",
  )
  process.exit(2)
}
if (!/^\d{1,5}$/.test(PORT) || Number(PORT) > 65_535) {
  console.error(`PORT is "${PORT}": set a number from 0 to 65535.`)
  process.exit(2)
}

const client = createClient({
  appId: FEISHU_APP_ID,
  appSecret: FEISHU_APP_SECRET,
  baseUrl: FEISHU_BASE_URL,
})
try {
  // Sends nothing, but reports settings that are wrong before the first visitor does.
  await Array.fromAsync(client.detailsOf([]))
} catch (error) {
  if (!(error instanceof FeishuError)) throw error
  console.error(error.message)
  process.exit(2)
}

const server = serve(
  { fetch: makeApp(client, console.error).fetch, hostname: "127.0.0.1", port: Number(PORT) },
  ({ port }) => console.log(`http://127.0.0.1:${port}/meetings/337736498`),
)
server.on("error", (error) => {
  console.error(`Cannot listen on port ${PORT}: ${error.message}`)
  process.exit(2)
})
for (const signal of ["SIGINT", "SIGTERM"])
  process.once(signal, async () => {
    // Reads that are under way end with an error, and so do their answers.
    await client.close()
    server.close()
  })
