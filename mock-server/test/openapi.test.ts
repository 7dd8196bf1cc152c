/** The description of the control plane: it says everything, and the mock does what it says. */
import { Ajv2020 } from "ajv/dist/2020.js"
import { readFileSync } from "node:fs"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { type Started, startFeishuMock } from "../src/index.ts"

interface Schema {
  readonly $ref?: string
  readonly description?: string
  readonly examples?: ReadonlyArray<unknown>
  readonly properties?: Readonly<Record<string, Schema>>
  readonly anyOf?: ReadonlyArray<Schema>
}
interface Media {
  readonly schema: Schema
  readonly example: unknown
}
interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly description: string
  readonly parameters?: ReadonlyArray<{
    readonly name: string
    readonly in: string
    readonly description: string
    readonly example: unknown
    readonly required: boolean
  }>
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> }
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content: Readonly<Record<string, Media>> }>
  >
}
interface Document {
  readonly openapi: string
  readonly info: Readonly<Record<string, unknown>>
  readonly tags: ReadonlyArray<{ readonly name: string; readonly description: string }>
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

let feishu: Started
let text: string
let api: Document
let operations: ReadonlyArray<{ path: string; method: string; operation: Operation }>
beforeAll(async () => {
  feishu = await startFeishuMock()
  text = await (await fetch(`${feishu.url}/_mock/openapi.json`)).text()
  api = JSON.parse(text)
  operations = Object.entries(api.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  )
})
afterAll(() => feishu.close())

describe("the description of the control plane", () => {
  it("has a title, the version of the package, and a sentence and an example for everything", () => {
    const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"))
    assert.strictEqual(api.openapi, "3.1.0")
    assert.deepInclude(api.info, { title: "The control plane of a mock Feishu", version })
    const missing: Array<string> = []
    const says = (where: string, { description }: { readonly description?: string }) => {
      if (!/\w+ \w.*\.$/s.test(description ?? "")) missing.push(`${where}: no sentence`)
    }
    const shows = (where: string, example: unknown) => {
      if (example === undefined) missing.push(`${where}: no example`)
    }
    for (const tag of api.tags) says(tag.name, tag)
    for (const { method, operation, path } of operations) {
      const where = `${method} ${path}`
      says(where, operation)
      assert.isBelow(operation.summary.length, 70, where)
      for (const parameter of operation.parameters ?? []) {
        says(`${where} ${parameter.name}`, parameter)
        shows(`${where} ${parameter.name}`, parameter.example)
      }
      for (const [type, { example }] of Object.entries(operation.requestBody?.content ?? {})) {
        shows(`${where} ${type}`, example)
      }
      for (const [status, response] of Object.entries(operation.responses)) {
        says(`${where} ${status}`, response)
        for (const [type, { example }] of Object.entries(response.content)) {
          shows(`${where} ${status} ${type}`, example)
        }
      }
    }
    for (const [name, schema] of Object.entries(api.components.schemas)) {
      says(name, schema)
      shows(name, schema.examples?.[0])
      for (const { properties = {} } of [schema, ...(schema.anyOf ?? [])]) {
        for (const [key, property] of Object.entries(properties)) {
          // A field that is a model has those of the model.
          if (property.$ref !== undefined) continue
          says(`${name}.${key}`, property)
          shows(`${name}.${key}`, property.examples?.[0])
        }
      }
    }
    assert.deepStrictEqual(missing, [])
  })

  it("has plain names, and nothing that JSON or a generator does not know", () => {
    const ids = operations.map(({ operation }) => operation.operationId)
    assert.strictEqual(new Set(ids).size, ids.length)
    for (const id of ids) assert.match(id, /^[a-z][A-Za-z]+$/)
    for (const name of Object.keys(api.components.schemas)) assert.match(name, /^[A-Z][A-Za-z]+$/)
    assert.notMatch(
      text,
      /Infinity|NaN|Encoded|x-effect|prefixItems|"title":(?!"The control plane)|-?9007199254740991/,
    )
    // A body is a model, or a list of models.
    for (const { method, operation, path } of operations) {
      for (const { content } of [
        operation.requestBody ?? { content: {} },
        ...Object.values(operation.responses),
      ]) {
        const json = content["application/json"]
        if (json !== undefined)
          assert.include(JSON.stringify(json.schema), "#/components/schemas/", `${method} ${path}`)
      }
    }
  })

  it("is what the mock does: examples are valid, and each is answered as described", async () => {
    const ajv = new Ajv2020({ strict: false, allErrors: true })
    ajv.addSchema({ ...api, $id: "mock" })
    const check = (where: string, { schema }: Media, value: unknown) => {
      const absolute: Schema = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"mock#/'))
      const validate = ajv.compile(absolute)
      assert.isTrue(validate(value), `${where}: ${JSON.stringify(validate.errors)} ${JSON.stringify(value)}`)
    }
    // What reads comes first, then what adds, and what removes last.
    const order = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    for (const { method, operation, path } of operations.toSorted(
      (a, b) => order.indexOf(a.method) - order.indexOf(b.method),
    )) {
      const where = `${method} ${path}`
      if (operation.operationId === "watch") continue
      const media = operation.requestBody?.content["application/json"]
      if (media !== undefined) check(where, media, media.example)
      for (const [status, { content }] of Object.entries(operation.responses)) {
        const json = content["application/json"]
        if (json !== undefined) check(`${where} ${status}`, json, json.example)
      }
      const url = (operation.parameters ?? []).reduce(
        (url, { example, name }) => url.replace(`{${name}}`, encodeURIComponent(String(example))),
        feishu.url + path,
      )
      // A snapshot in an example is not whole: the mock's own is restored.
      const body = operation.operationId === "restore" ? await feishu.snapshot() : media?.example
      const answer = await fetch(url, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const described = operation.responses[String(answer.status)]?.content["application/json"]
      assert.isDefined(described, `${where} ${answer.status}`)
      const value = await answer.json()
      check(`${where} ${answer.status}`, described!, value)
      // Only what an example names, and this mock does not have, is missing.
      if (answer.status === 400)
        assert.include(["pushAppTicket"], operation.operationId, JSON.stringify(value))
    }
  })

  it("has a page that loads nothing", async () => {
    const page = await fetch(`${feishu.url}/_mock/docs`)
    const html = await page.text()
    assert.match(html, /<title>The control plane of a mock Feishu<\/title>/)
    assert.notMatch(html, /<(?:script|link|img)[^>]+(?:src|href)="(?!data:)/)
    assert.include(html, '"withDefaultFonts":false')
    assert.match(page.headers.get("content-security-policy") ?? "", /^default-src 'none'.*connect-src 'self'/)
  })
})
