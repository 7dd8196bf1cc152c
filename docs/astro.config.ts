import { satteri } from "@astrojs/markdown-satteri"
import starlight from "@astrojs/starlight"
import { defineConfig, passthroughImageService } from "astro/config"
import { codeOfFiles } from "./site/codeOfFiles.ts"
import { base, linksToFiles } from "./site/links.ts"

/** A folder of the sidebar, whose pages are those in it. */
const folder = (directory: string, english: string, chinese: string, collapsed = false) => ({
  label: english,
  translations: { "zh-CN": chinese },
  collapsed,
  items: [{ autogenerate: { directory } }],
})

export default defineConfig({
  // Where the site is below its host: DOCS_BASE=/effect-feishu/ pnpm run docs. It has no address of its own.
  base,
  trailingSlash: "always",
  // There are no pictures that would have to be made smaller.
  image: { service: passthroughImageService() },
  devToolbar: { enabled: false },
  markdown: { processor: satteri({ mdastPlugins: [codeOfFiles, linksToFiles] }) },
  integrations: [
    starlight({
      title: "effect-feishu",
      locales: {
        root: { label: "English", lang: "en" },
        "zh-cn": { label: "简体中文", lang: "zh-CN" },
      },
      sidebar: [
        folder("guide", "Guide", "入门"),
        folder("how-to", "How to", "操作指南"),
        folder("decisions", "Decisions", "设计决定", true),
      ],
      customCss: ["./src/styles/site.css"],
      credits: false,
    }),
  ],
})
