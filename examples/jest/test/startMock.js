import { startFeishuMock } from "@effect-feishu/mock-server"

// One mock for all test files. What is in process.env reaches the processes that run them.
export default async () => {
  globalThis.feishuMock = await startFeishuMock()
  process.env.FEISHU_MOCK_URL = globalThis.feishuMock.url
}
