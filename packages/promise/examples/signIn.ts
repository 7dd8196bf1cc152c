import { beginDevice, createClient, fileLogin, pollDevice, readLogin } from "@effect-feishu/promise"

// Many processes may share the file: whoever comes first refreshes the tokens in it.
const login = fileLogin("login.json")
const app = {
  appId: process.env.FEISHU_APP_ID!,
  appSecret: process.env.FEISHU_APP_SECRET!,
  baseUrl: process.env.FEISHU_BASE_URL,
}

if ((await readLogin(login)) === undefined) {
  const device = await beginDevice({ ...app, scopes: ["vc:meeting:readonly", "offline_access"] })
  console.error(`Open ${device.verificationUri} and enter ${device.userCode}`)
  await pollDevice({ ...app, device, login })
}

await using client = createClient({ ...app, kind: "user", login })
for await (const meeting of client.stream({ meetingNo: "337736498", range: { from: "30d" } })) {
  console.log(meeting.id, meeting.topic)
}
