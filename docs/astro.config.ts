import { satteri } from "@astrojs/markdown-satteri"
import starlight from "@astrojs/starlight"
import { defineConfig, passthroughImageService } from "astro/config"
import { codeOfFiles } from "./site/codeOfFiles.ts"
import { base, linksToFiles } from "./site/links.ts"
import { linesOfChinese, namelessColumns, tablesThatScroll } from "./site/markdown.ts"

/** A folder of the sidebar, whose pages are those in it. */
const folder = (directory: string, english: string, chinese: string, collapsed = false) => ({
  label: english,
  translations: { "zh-CN": chinese },
  collapsed,
  items: [{ autogenerate: { directory, collapsed: true } }],
})

/** A page of the sidebar. */
const page = (slug: string, english: string, chinese: string) => ({
  slug,
  label: english,
  translations: { "zh-CN": chinese },
})

export default defineConfig({
  // Where the site is below its host: DOCS_BASE=/effect-feishu/ pnpm run docs. It has no address of its own.
  base,
  trailingSlash: "always",
  // There are no pictures that would have to be made smaller.
  image: { service: passthroughImageService() },
  // Pages load nothing that nobody has asked for.
  prefetch: false,
  devToolbar: { enabled: false },
  markdown: {
    processor: satteri({
      // Messages are shown as they are printed.
      features: { smartPunctuation: false },
      mdastPlugins: [codeOfFiles, linksToFiles, linesOfChinese],
      hastPlugins: [tablesThatScroll, namelessColumns],
    }),
  },
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
        page("errors", "Errors and what to do", "错误与解决办法"),
        page("faults", "Faults that are survived", "故障一览"),
        page("fidelity", "How faithful the mock is", "模拟飞书的还原程度"),
        page("benchmarks", "Benchmarks", "性能测试"),
        folder("decisions", "Decisions", "设计决定", true),
        folder("reference", "Reference", "参考", true),
        page("changelog", "Changelog", "更新日志"),
      ],
      components: { SocialIcons: "./src/components/HeaderLinks.astro" },
      expressiveCode: { defaultProps: { frame: "none", wrap: true } },
      // The search is there at once, and not only when a busy page has nothing else to do.
      head: [{ tag: "script", content: "window.requestIdleCallback = (load) => setTimeout(load, 1)" }],
      customCss: ["./src/styles/site.css"],
      credits: false,
    }),
  ],
})
