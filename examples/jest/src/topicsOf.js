import { createClient } from "@effect-feishu/promise"

/** Returns the topics of the meetings that were held under a number in the last 30 days. */
export const topicsOf = async (meetingNo, app) => {
  const client = createClient(app)
  try {
    const topics = []
    for await (const { topic } of client.stream({ meetingNo, range: { from: "30d" } })) topics.push(topic)
    return topics
  } finally {
    await client.close()
  }
}
