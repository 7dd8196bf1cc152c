/** The code that the pages show: each fence is a file that a test runs, or lines of a shell or terminal. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "vitest"

const root = fileURLToPath(new URL("../../", import.meta.url))
const pages = `${root}docs/src/content/docs/`
/** The pages that are written, not generated: the first page of each language, and those in these folders. */
const written = ["guide", "how-to", "decisions"]
const namesOf = (language: string) => [
  "index.md",
  ...written
    .filter((folder) => existsSync(`${pages}${language}${folder}`))
    .flatMap((folder) => readdirSync(`${pages}${language}${folder}`).map((name) => `${folder}/${name}`)),
]

/** The lines that begin the fences of a page, without the dots, and what is in each of them. */
const fencesOf = (page: string) =>
  Array.from(
    readFileSync(pages + page, "utf8").matchAll(/^ *(`{3,}|~{3,})(.*)\n([^]*?)^ *\1`*$/gm),
    ([, , head, text]) => ({ head: head!, text: text! }),
  )
const fileIn = (head: string) => /^\w+ (?:.* )?file=<rootDir>\/([^\s#]+)(?=\s|#|$)/.exec(head)?.[1]
/** The name under which shell.services.ts puts a file before it runs the lines of the page. */
const nameIn = (head: string) => /title="([\w./-]+\.\w+)"/.exec(head)?.[1]

/** The tests of the documents, and those of the package or example that a file belongs to. */
const testsFor = (file: string) => {
  const [folder] = /^(packages|examples)\/[^/]+|^mock-server|^docs/.exec(file) ?? []
  // The programs that several READMEs show are run by a test of packages/core.
  return [...new Set([folder, "docs", "packages/core"])].flatMap((folder) => {
    const tests = `${root}${folder}/test/`
    if (folder === undefined || !existsSync(tests)) return []
    return readdirSync(tests, { recursive: true, encoding: "utf8" })
      .filter((name) => /\.(test|services)\.ts$/.test(name))
      .map((name) => readFileSync(tests + name, "utf8"))
  })
}
const isRun = (file: string): boolean => {
  if (/\.(test|spec)\.ts$/.test(file)) return true
  const name = file.split("/").at(-1)!
  const named = [`/${name}"`, `/${name}\``, `"${name}"`, `"${name.replace(/\.\w+$/, "")}"`]
  // What a page shows of a terminal is compared with a file that has no extension in the test.
  const compared = file.replace(/^docs\/snippets\/(.*)\.txt$/, '"$1"')
  return testsFor(file).some((test) => [...named, compared].some((text) => test.includes(text)))
}

describe("the pages", () => {
  it("are the same ones in both languages", () => {
    assert.deepStrictEqual(namesOf("zh-cn/").toSorted(), namesOf("").toSorted())
  })

  it("leave a line free between a table and an aside, which would become part of the table with all that follows", () => {
    const joined = ["", "zh-cn/"].flatMap((language) =>
      namesOf(language)
        .map((name) => language + name)
        .filter((page) => /^ *\|.*\n *:::/m.test(readFileSync(pages + page, "utf8"))),
    )
    assert.deepStrictEqual(joined, [])
  })

  for (const page of namesOf("")) {
    it(`${page}: each fence is a file that a test runs, or is of a shell or a terminal, in both languages`, () => {
      const fences = fencesOf(page)
      for (const { head, text } of fences) {
        const file = fileIn(head)
        if (file === undefined) {
          assert.match(
            head,
            /^(sh|text)\b/,
            `Code that is typed into a page is run by no test: ${head}\n${text}`,
          )
          continue
        }
        assert.strictEqual(text, "", `${head}: the text of the fence is that of the file`)
        assert.isTrue(existsSync(root + file), `${head}: there is no such file`)
        const isTyped = nameIn(head) !== undefined && fences.some(({ head }) => /^sh\b/.test(head))
        assert.isTrue(isTyped || isRun(file), `${head}: no test names this file`)
      }
      const chinese = fencesOf(`zh-cn/${page}`)
      // Comments of a shell, what is printed there, and a title that is not a name may be in the reader's language.
      const same = ({ head, text }: { readonly head: string; readonly text: string }) => ({
        head: nameIn(head) === undefined ? head.replace(/ title=".*?"/, "") : head,
        text: /^text\b/.test(head) ? "" : text.replaceAll(/ *# .*$/gm, ""),
      })
      assert.deepStrictEqual(chinese.map(same), fences.map(same))
    })
  }
})
