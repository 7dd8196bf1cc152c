import { type ClientOptions, createClient } from "@effect-feishu/promise"

/** Returns the topics of the meetings that were held under a number in the last 30 days. */
export const topicsOf = async (meetingNo: string, app: ClientOptions): Promise<ReadonlyArray<string>> => {
  await using client = createClient(app)
  const topics: Array<string> = []
  for await (const { topic } of client.stream({ meetingNo, range: { from: "30d" } })) topics.push(topic ?? "")
  return topics
}
