/**
 * The Chinese of what is wrong with a seed, a rule or a request to the control plane. The checks say it in English, which programs
 * read; the command and the page show it in Chinese.
 */

/** Every sentence, or a part of one, and its Chinese. Longer ones come before those that they contain. */
const sentences: ReadonlyArray<readonly [RegExp, string]> = [
  // Keys and kinds of values.
  [/unknown key: did you mean (\S+)\?/, "未知的键：是否想写 $1？"],
  [
    /unknown key: switches, such as rateLimit, belong in behaviour/,
    "未知的键：rateLimit 等行为开关应写在 behaviour 中",
  ],
  [
    /unknown key: keys that start with x- belong next to apps and meetings, not inside them/,
    "未知的键：以 x- 开头的键只能与 apps、meetings 并列",
  ],
  [/unknown key: a seed has (.*), and x-… for anchors/, "未知的键：种子的键有 $1，以及用于锚点的 x-…"],
  [/unknown key: write (.*)$/, "未知的键：请写 $1"],
  [/unknown key/, "未知的键"],
  [/missing key/, "缺少这个键"],
  [/duplicate key/, "重复的键"],
  [/a key must be text, not a list, a mapping or an alias/, "键应为文本，不能是列表、映射或别名"],
  [
    /^(.*?)(is a list|has no keys): a seed has keys such as apps, meetings and generate, each with a list/,
    "$1$2：种子由 apps、meetings、generate 等键组成，每个键是一个列表",
  ],
  [/is a list(?=：|$)/, "是一个列表"],
  [/has no keys(?=：|$)/, "没有键"],
  [
    /is empty: a seed has keys such as apps, meetings and generate/,
    "是空的：种子由 apps、meetings、generate 等键组成",
  ],
  [/\(write : and a space instead of ：\)/, "（请写半角冒号和空格，而不是“：”）"],
  [/write : and a space instead of ：/, "请写半角冒号和空格，而不是“：”"],
  [/must be text in quotes, or null/, "应为引号中的文本，或 null"],
  [/must be text in quotes/, "应为引号中的文本"],
  [/must be true or false/, "应为 true 或 false"],
  [
    /must be active, frozen, resigned, unregistered or deleted/,
    "应为 active、frozen、resigned、unregistered 或 deleted",
  ],
  [/must be challenge or blocked/, "应为 challenge 或 blocked"],
  [/must be a whole URL, such as (\S+)/, "应为完整的 URL，例如 $1"],
  [/must be a list of URLs, such as (\[.*\])/, "应为 URL 的列表，例如 $1"],
  [/must be a list of open_ids/, "应为 open_id 的列表"],
  [/must be an object with keys/, "应为由键组成的对象"],
  [/must be self_built or store/, "应为 self_built 或 store"],
  [/: did you mean (\S+)\?/, "：是否想写 $1？"],
  [/must be one of (.*), or \* for all operations/, "应为 $1 之一，或 *（全部接口）"],
  [/must be one of (.*)$/, "应为 $1 之一"],
  [/must be a list of (?:addresses|participants|apps|users|meetings|rules)(?:, such as (.*))?$/, "应为列表"],
  [/must be a list of orders to generate meetings/, "应为列表"],
  [
    /must be a list of tenant, user, app ids and open_ids of users, such as \[tenant\]; \[\] for nobody/,
    "应为由 tenant、user、App ID 和用户 open_id 组成的列表，例如 [tenant]；[] 表示任何人都不可见",
  ],
  [/must be (?:keys|switches) such as (.*?)(?:; \{\} for .*)?$/, "应由键组成，例如 $1"],
  [
    /must be 1 \(Feishu\), 2 \(Rooms\), 3 \(document\), 4 or 5 \(single product and its guest\), 6 \(telephone\) or 7 \(SIP\)/,
    "应为 1（飞书用户）、2（会议室）、3（文档）、4 或 5（单品用户及其访客）、6（电话）或 7（SIP）",
  ],
  [/must have at most (\d+) headers/, "最多 $1 个响应头"],
  [/is a duplicate: case does not count in header names/, "重复：响应头的名称不区分大小写"],
  [/must not be empty/, "不能为空"],
  [/must have at least one .*/, "至少要有一项"],
  [/must have at most (\d+) characters/, "最多 $1 个字符"],
  [/must have at most (\d+) (?:rules|failures)/, "最多 $1 项"],
  // Values.
  [
    /a meeting number has 9 digits, such as 337736498; quote it when it starts with 0/,
    "会议号是 9 位数字，例如 337736498；以 0 开头时请加引号",
  ],
  [
    /a meeting id is a 64-bit integer as text, such as 7011030664708603907/,
    "会议 ID 是写成文本的 64 位整数，例如 7011030664708603907",
  ],
  [/write it in quotes: as a number it has lost digits/, "请加引号：写成数字会丢失末几位"],
  [/; write (\S+)/, "；请写 $1"],
  [
    /a time is -3d \(three days ago\), 2026-01-31T09:00:00Z or unix seconds, such as 1767225600 \(milliseconds have three digits more\)/,
    "时间可写为 -3d（三天前）、2026-01-31T09:00:00Z 或 unix 秒，如 1767225600（毫秒会多三位）",
  ],
  [/(\S+) as unix seconds is a day of 1970: write (.*)/, "$1 作为 unix 秒是 1970 年的某一天：请写 $2"],
  [/count must be a whole number from 0 to 1000000/, "count 应为 0 到 1000000 之间的整数"],
  [/must be a whole number of seconds from (\d+) to (\d+)/, "应为 $1 到 $2 之间的整数（秒）"],
  [/must be a whole number of milliseconds from (\d+) to (\d+)/, "应为 $1 到 $2 之间的整数（毫秒）"],
  [/must be a whole number from (-?\d+) to (\d+), or "?off"?/, "应为 $1 到 $2 之间的整数，或 off"],
  [/must be a whole number from (-?\d+) to (\d+)/, "应为 $1 到 $2 之间的整数"],
  [
    /must be seconds from (-?\d+) to (\d+), or a duration such as 90s, 5m, 3h or 1d/,
    "应为 $1 到 $2 之间的秒数，或 90s、5m、3h、1d 这样的时长",
  ],
  [/must be a fraction from 0 to 1/, "应为 0 到 1 之间的比例"],
  [
    /must be an IP address, such as (\S+) or (\S+); ranges are not supported/,
    "应为 IP 地址，例如 $1 或 $2；不支持地址段",
  ],
  [
    /must have 1 to 100 visible characters and no spaces, such as (\S+)/,
    "应为 1 到 100 个可见字符，不含空格，例如 $1",
  ],
  [
    /must have 1 to 1000 characters, without line breaks, control characters, or spaces at either end/,
    "应为 1 到 1000 个字符，不含换行和控制字符，首尾没有空格",
  ],
  [
    /must be 1 \(calling\): whether a meeting runs or has ended follows from end_time and the clock/,
    "只能为 1（呼叫中）：进行中或已结束由 end_time 和时钟决定",
  ],
  [
    /must be 1 \(called\), 3 \(ringing\) or 4 \(did not come\): leave it out for somebody who came/,
    "应为 1（呼叫中）、3（响铃中）或 4（未入会）；入会的人不写这一项",
  ],
  [/needs an id: open_id, union_id or user_id/, "需要一个 ID：open_id、union_id 或 user_id"],
  [
    /must have exactly one of code, status \(alone, or with a code\), network and paging, or only delaySeconds/,
    "应只有 code、status（单独，或与 code 一起）、network、paging 之一，或只有 delaySeconds",
  ],
  [
    /is not a header name: use letters, digits, hyphens and (\S+)/,
    "不是响应头的名称：请使用字母、数字、连字符和 $1",
  ],
  [/is a header that this mock cannot send/, "是模拟飞书不能发送的响应头"],
  [
    /is set by Node, since it says where the message ends: use a network fault such as "wrong length" to break it/,
    '由 Node 设置，它决定消息在哪里结束：要破坏它，请使用 "wrong length" 这样的 network 故障',
  ],
  [
    /has a character that a header cannot have: a line break, a control character, or one beyond Latin-1/,
    "含有响应头不能有的字符：换行、控制字符，或 Latin-1 以外的字符",
  ],
  [/headers need a code or a status/, "headers 需要 code 或 status"],
  [
    /body needs a status that may have one, and no code: the body of a code is Feishu's/,
    "body 需要可带响应体的 status，且不能有 code：code 的响应体由飞书决定",
  ],
  [/paging needs the operation (\S+): no other one has pages/, "paging 只适用于 $1：其他接口不分页"],
  // Values that contradict each other.
  [/is already used by (\S+)/, "已被 $1 使用"],
  [/end_time is before start_time/, "end_time 早于 start_time"],
  [/to must be later than from/, "to 应晚于 from"],
  [/is before the start of the meeting/, "早于会议开始"],
  [/is before the end of the meeting/, "早于会议结束"],
  [/is after the end of the meeting/, "晚于会议结束"],
  [/is before (\S+)$/, "早于 $1"],
  [
    /is after the last second of the mock's clock: (\d+) in unix seconds/,
    "晚于模拟飞书时钟的最后一秒：$1（unix 秒）",
  ],
  [
    /is longer than from the first join to the final leave: (\d+) seconds/,
    "长于首次入会到最后离会的时间：$1 秒",
  ],
  [/is longer than the meeting, which takes (\d+) milliseconds/, "长于会议本身：$1 毫秒"],
  [/is false, but the meeting has a recording/, "为 false，但会议有录制"],
  [/is never ready: without end_time the meeting does not end/, "永远不会生成：没有 end_time，会议不会结束"],
  [/is the host, but host_user is somebody else/, "是主持人，但 host_user 是另一个人"],
  [/(participants\[\d+\]) is the host already/, "$1 已经是主持人"],
  [/rooms, telephones and SIP devices have no user_id/, "会议室、电话和 SIP 设备没有 user_id"],
  [
    /would generate participants, which are given: leave one of the two out/,
    "会生成参会者，而参会者已经写明：请去掉其中之一",
  ],
  [
    /somebody with a status was never in the meeting: leave it out, or give first_join_time/,
    "有 status 的人从未入会：请去掉它，或写明 first_join_time",
  ],
  [
    /no app has the tenant (.*), so this user could not sign in to any app/,
    "没有应用属于租户 $1，因此该用户无法登录任何应用",
  ],
  [/no app has the tenant (.*), so no app could read .*/, "没有应用属于租户 $1，因此没有应用能读到这些会议"],
  [
    /no app has the id (.*): write tenant, user, the id of an app, or the open_id of a user \(ou_…\)/,
    "没有 App ID 为 $1 的应用：请写 tenant、user、某个应用的 App ID 或用户的 open_id（ou_…）",
  ],
  [/makes (\d+) meetings in total: .*/, "共生成 $1 场会议，超过一个工作区的上限"],
  // Scopes and variables.
  [
    /unknown \S+ (.*): no endpoint here needs \S+; to read meetings an app needs (.*)/,
    "未知的权限 $1：这里没有接口需要它；读取会议需要 $2",
  ],
  [/unknown scope (\S+)/, "未知的权限 $1"],
  [
    /variables are not replaced, so this is taken literally: use (.*) to replace them/,
    "不会替换变量，这里按原文使用：请用 $1 替换",
  ],
  [/no user has the open_id (\S+?)(?=$|: )/, "没有 open_id 为 $1 的用户"],
  // Files.
  [
    /is a (device|pipe|socket|folder|\S+): give a YAML or JSON file/,
    "不是普通文件（$1）：请给出 YAML 或 JSON 文件",
  ],
  [/there is no such file/, "没有这个文件"],
  [/is a folder: give a YAML or JSON file/, "是文件夹：请给出 YAML 或 JSON 文件"],
  [/cannot be read: (\S+)/, "无法读取：$1"],
  [/is larger than (\d+) MiB: use generate for many meetings/, "超过 $1 MiB：会议很多时请使用 generate"],
  [
    /is larger than (\d+) MiB\. Only plain JSON may be larger: valid JSON without comments and duplicate keys\. Use generate for many meetings/,
    "超过 $1 MiB。只有普通 JSON（没有注释和重复的键）可以更大；会议很多时请使用 generate",
  ],
  [/is nested too deeply/, "嵌套过深"],
  [
    /byte (\d+) of the file is not UTF-8; the file may be GBK: save it as UTF-8, for example with (.*)/,
    "文件的第 $1 个字节不是 UTF-8，文件可能是 GBK 编码：请存为 UTF-8，例如 $2",
  ],
  [
    /byte (\d+) of the file is not (\S+): save the file as UTF-8/,
    "文件的第 $1 个字节不是 $2：请把文件存为 UTF-8",
  ],
  [
    /a second document begins here: a seed is one document, so remove the --- before it, or make two files/,
    "这里开始了第二个文档：一个种子只能是一个文档，请删去前面的 ---，或分成两个文件",
  ],
  [/\(YAML does not understand (\S+): write (\S+)\)/, "（YAML 不认识“$1”：请写 $2）"],
  [
    /<< must have a mapping such as \*defaults, or a list of mappings/,
    "<< 的值应为映射（如 *defaults）或映射的列表",
  ],
  [
    /has a zero byte, which no text has: is this a YAML or JSON file\?/,
    "含有文本中不会出现的零字节：这是 YAML 或 JSON 文件吗？",
  ],
  [
    /has the control character (\S+): remove it, or write it as (\S+) in double quotes/,
    "含有控制字符 $1：请删去，或在双引号中写为 $2",
  ],
  // The control plane.
  [/invalid request/, "请求有误"],
  [/invalid meetings/, "会议有误"],
  [/there is no room for these meetings/, "放不下这些会议"],
  [/there is no room for the app (\S+)/, "放不下应用 $1"],
  [
    /a workspace holds at most (\d+) meetings, (.*?) of meetings and (.*?) of apps \(as JSON\)/,
    "一个工作区最多 $1 场会议，会议 $2，应用 $3（按 JSON 计）",
  ],
  [/there is no room for these users/, "放不下这些用户"],
  [/a workspace holds at most (\d+) users/, "一个工作区最多 $1 名用户"],
  [
    /give url, the address of the authorization page, or client_id/,
    "请给出 url（授权页的地址），或 client_id",
  ],
  [/must be an address of the authorization page, with the path (\S+)/, "应为授权页的地址，路径为 $1"],
  [
    /a refusal needs url: without it there is nowhere to redirect to/,
    "拒绝需要 url：没有它就没有可跳转的地址",
  ],
  [/only scopes that were asked for can be granted/, "只能授予所请求的权限"],
  [/(\S+) was not asked for/, "没有请求 $1"],
  [/nobody can sign in to (\S+): no user is of one of its tenants/, "没有人能登录 $1：没有用户属于它的租户"],
  [/the device (\S+) does not wait any more: allowed/, "设备 $1 已不再等待：已被允许"],
  [/the device (\S+) does not wait any more: denied/, "设备 $1 已不再等待：已被拒绝"],
  [/the device (\S+) does not wait any more: used/, "设备 $1 已不再等待：已经登录"],
  [/the device (\S+) does not wait any more: expired/, "设备 $1 已不再等待：已过期"],
  [/there is no device with this user code that waits for a user/, "没有使用该用户码、正在等待用户的设备"],
  [/there is no device that waits for a user/, "没有正在等待用户的设备"],
  [/there is no login of (\S+) for (\S+)/, "$1 没有登录 $2"],
  [/the authorization page needs (\S+)/, "授权页需要 $1"],
  [/response_type must be code, not (.*)/, "response_type 应为 code，而不是 $1"],
  [
    /the redirect URL (\S+) is not one of the app's redirect URLs \(redirect_urls in the seed; in the console, security settings\)/,
    "重定向 URL $1 不在应用的重定向 URL 列表中（种子中的 redirect_urls；开发者后台的安全设置）",
  ],
  [/at most (\d+) scopes may be requested at once, not (\d+)/, "一次最多请求 $1 个权限，而不是 $2 个"],
  [
    /the app has not been granted the scopes (.*) \(scopes of the app in the seed; in the console, permissions\)/,
    "应用没有开通权限 $1（种子中应用的 scopes；开发者后台的权限管理）",
  ],
  [
    /code_challenge_method must be S256 or plain, not (.*)/,
    "code_challenge_method 应为 S256 或 plain，而不是 $1",
  ],
  [/the clock cannot be moved there/, "时钟不能移到那里"],
  [/the clock goes from 0 to (\d+), in unix seconds/, "时钟的范围是 0 到 $1（unix 秒）"],
  [/(\S+) is the only app of its workspace/, "$1 是工作区中唯一的应用"],
  [
    /the app (\S+) is in another workspace: give the seed another app_id/,
    "应用 $1 属于另一个工作区：请换一个 app_id",
  ],
  [/the app (\S+) is in another workspace/, "应用 $1 属于另一个工作区"],
  [
    /there are (\d+) workspaces already: remove those that are no longer needed/,
    "已有 $1 个工作区：请删除不再需要的",
  ],
  [/there are (\d+) rules already: remove some/, "已有 $1 条规则：请删除一些"],
  [/the seed has (\d+) faults?:?/, "种子有 $1 处错误"],
  [/there is no (?:app|rule|entry|meeting|workspace) (\S+)/, "没有 $1"],
  [/no app has this tenant/, "没有应用属于这个租户"],
  [/must be (?:an address or a name|1 to 1000 visible|the origin|the address).*/, "格式有误"],
  [/^and (\d+) more$/, "另有 $1 处"],
  [/ \(line (\d+)\): /, "（第 $1 行）："],
  [/^line (\d+): /, "第 $1 行："],
  [/^([\w.[\]-]+): /, "$1："],
]

/** Returns a problem, with its path and line, in Chinese. What has none, such as the message of a YAML parser, stays as it is. */
export const inChinese = (problem: string): string =>
  sentences.reduce((text, [english, chinese]) => text.replace(english, chinese), problem)
