/** What has `fetch` and no modules of Node. */
import type { Platform } from "./Platform.ts"

export const web: Platform = {
  warn: (message) => console.warn(`FeishuWarning: ${message}`),
}
