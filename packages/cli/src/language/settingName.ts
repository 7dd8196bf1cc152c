import { GetMeeting, GetRecording } from "@effect-feishu/core"

/** An option of the client, such as `httpsProxy`, by the name that it has in this command's configuration files. */
export const settingName = (option: string): string => option.replace(/\b(http|https|no)Proxy\b/, "$1_proxy")

/** The flag that lowers the limit of an endpoint, by its path. */
export const rateLimitFlag = (endpoint: string | undefined): string =>
  endpoint === GetMeeting.path || endpoint === GetRecording.path ? "--details-rate-limit" : "--rate-limit"
