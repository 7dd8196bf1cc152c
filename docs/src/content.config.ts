import { docsLoader, i18nLoader } from "@astrojs/starlight/loaders"
import { docsSchema, i18nSchema } from "@astrojs/starlight/schema"
import { z } from "astro/zod"
import { defineCollection } from "astro:content"

export const collections = {
  // `generated` says of a page that it is made from the code.
  docs: defineCollection({
    loader: docsLoader(),
    schema: docsSchema({ extend: z.object({ generated: z.boolean().optional() }) }),
  }),
  i18n: defineCollection({ loader: i18nLoader(), schema: i18nSchema() }),
}
