/** An option of the client, such as `httpsProxy`, by the name that it has in this command's configuration files. */
export const settingName = (option: string): string => option.replace(/\b(http|https|no)Proxy\b/, "$1_proxy")
