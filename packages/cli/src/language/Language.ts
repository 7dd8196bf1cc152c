/** The language of messages, which both commands have in common. */
export * from "@effect-feishu/terminal/Language"
