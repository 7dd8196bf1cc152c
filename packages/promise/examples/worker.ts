import { createClient, FeishuError } from "@effect-feishu/promise"

interface Environment {
  readonly FEISHU_APP_ID: string
  readonly FEISHU_APP_SECRET: string
  readonly FEISHU_BASE_URL?: string
}

// A page for each request: Cloudflare limits how many requests one invocation may send.
export default {
  async fetch(request: Request, env: Environment): Promise<Response> {
    await using client = createClient({
      appId: env.FEISHU_APP_ID,
      appSecret: env.FEISHU_APP_SECRET,
      baseUrl: env.FEISHU_BASE_URL,
    })
    const cursor = new URL(request.url).searchParams.get("cursor")
    const first = { meetingNo: "337736498", range: { from: "30d" } }
    try {
      const page = await client.page(cursor === null ? first : { cursor })
      return Response.json({ meetings: page.meetings, cursor: page.cursor })
    } catch (error) {
      if (!(error instanceof FeishuError)) throw error
      return Response.json({ message: error.message }, { status: 502 })
    }
  },
}
