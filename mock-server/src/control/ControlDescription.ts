/**
 * The description of the control plane in OpenAPI 3.1, for people and for generators of clients. It is what Effect makes of the API, with
 * plain names, an example for each body, and without what generators do not understand.
 */
import { timeKeys } from "../seed/Seed.ts"
import * as ControlVersion from "./ControlVersion.ts"

/** A part of the document. */
interface Part {
  readonly [key: string]: unknown
}

const isPart = (value: unknown): value is Part =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const partOf = (from: Part, key: string): Part => {
  const value = from[key]
  return isPart(value) ? value : {}
}

/** Applies a change to every part of a value, the innermost first. */
const everywhere = (value: unknown, change: (part: Part) => unknown): unknown => {
  if (Array.isArray(value)) return value.map((one) => everywhere(one, change))
  if (!isPart(value)) return value
  // What is in an example is no Schema.
  const entries = Object.entries(value).map(([key, inner]) => [
    key,
    key === "examples" || key === "example" ? inner : everywhere(inner, change),
  ])
  return change(Object.fromEntries(entries))
}

const referenceTo = (name: string): Part => ({ $ref: `#/components/schemas/${name}` })
const nameIn = ({ $ref }: Part): string | undefined =>
  typeof $ref === "string" ? /^#\/components\/schemas\/(.*)$/.exec($ref)?.[1] : undefined

/** The sentences about failures, for which Effect has no place in a class. */
const failures: Readonly<Record<string, string>> = {
  MissingEncoded: "What the request names does not exist",
  RefusedEncoded: "The request is wrong, or cannot be carried out",
  TooLargeEncoded: "The request or its answer is larger than the mock allows",
}

const failureOf = (schema: Part, description: string): Part => {
  const properties = partOf(schema, "properties")
  const tag = { ...partOf(properties, "_tag"), description: "The kind of this answer" }
  return { description, ...schema, properties: { ...properties, _tag: tag } }
}

/** Returns the document of the control plane, made from Effect's. */
export const of = (spec: Part): Part => {
  const schemas = new Map<string, Part>()
  for (const [name, schema] of Object.entries(partOf(partOf(spec, "components"), "schemas"))) {
    if (!isPart(schema)) continue
    const failure = failures[name]
    schemas.set(name, failure === undefined ? schema : failureOf(schema, failure))
  }
  const titles = new Set<string>()
  everywhere([...schemas.values(), partOf(spec, "paths")], (part) => {
    if (isModel(part)) titles.add(part.title)
    return part
  })
  const names = plainNames(schemas, titles)
  const plain = (value: unknown) =>
    everywhere(value, (part) => {
      const name = nameIn(part)
      return name === undefined ? withoutIdleBounds(part) : referenceTo(names.get(name) ?? name)
    })
  const models = new Map<string, Part>()
  /** Gives a name of its own to an object that has only a title. */
  const withModels = (value: unknown) =>
    everywhere(plain(value), (part) => {
      if (!isModel(part)) return part
      const { title, ...schema } = part
      models.set(title, inUnixSeconds(schema))
      return referenceTo(title)
    })
  for (const [name, schema] of schemas) {
    const named = names.get(name) ?? name
    // An event is a text with JSON, and has the name of what is in it.
    if (named !== name && schema["type"] === "string") continue
    const model = withModels(schema)
    if (isPart(model)) models.set(named, isWritten(model) ? model : inUnixSeconds(model))
  }
  const paths: Record<string, Part> = {}
  for (const [path, item] of Object.entries(partOf(spec, "paths"))) {
    if (!isPart(item)) continue
    paths[path] = Object.fromEntries(
      Object.entries(item).map(([method, operation]) => [
        method,
        isPart(operation) ? operationOf(withModels(operation) as Part, models) : operation,
      ]),
    )
  }
  const kept = used(paths, models).map(([name, model]) => [name, withExamples(model, models)] as const)
  const document = {
    openapi: "3.1.0",
    info: {
      ...partOf(spec, "info"),
      version: ControlVersion.read(),
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/", description: "The mock that serves this document" }],
    security: [{}, { controlToken: [] }],
    tags: spec["tags"],
    paths,
    components: {
      schemas: Object.fromEntries(kept.toSorted(([a], [b]) => (a < b ? -1 : 1))),
      securitySchemes: {
        controlToken: {
          type: "http",
          scheme: "bearer",
          description:
            "The token of --control-token. A mock on a loopback address has none, unless it is given",
        },
      },
    },
  }
  return everywhere(document, inSentences) as Part
}

/** Ends a description as a sentence ends. */
const inSentences = (part: Part): Part => {
  const { description } = part
  return typeof description === "string" && !description.endsWith(".")
    ? { ...part, description: `${description}.` }
    : part
}

/**
 * Returns the plain name of each model. Effect names what is sent after what it means: `MissingEncoded`. Of two models with one name, the one
 * that may be written with null is that of requests.
 */
const plainNames = (
  schemas: ReadonlyMap<string, Part>,
  titles: ReadonlySet<string>,
): ReadonlyMap<string, string> => {
  const baseOf = (name: string) => name.replace(/(?:Encoded|_1)$/, "")
  const names = new Map<string, string>()
  for (const [name, schema] of schemas) {
    const base = baseOf(name)
    const isPair =
      titles.has(base) || [...schemas.keys()].some((other) => other !== name && baseOf(other) === base)
    names.set(name, isPair && isWritten(schema) ? `${base}Input` : base)
  }
  return names
}

/** True for a model of what people write, in which a key without a value is null. */
const isWritten = (schema: Part): boolean => JSON.stringify(schema).includes('"type":"null"')

/** True for an object with a title, which becomes the name of its model. */
const isModel = (part: Part): part is Part & { readonly title: string } =>
  typeof part["title"] === "string" && part["type"] === "object"

const most = Number.MAX_SAFE_INTEGER

/** Removes bounds that every number in JSON has. */
const withoutIdleBounds = ({ maximum, minimum, ...part }: Part): Part => ({
  ...part,
  ...(minimum === undefined || minimum === -most ? {} : { minimum }),
  ...(maximum === undefined || maximum === most ? {} : { maximum }),
})

/** True for a time that people may write in several ways. */
const isWrittenTime = (key: string, schema: unknown): schema is Part =>
  isPart(schema) && (timeKeys as ReadonlyArray<string>).includes(key) && "anyOf" in schema

/** Returns the model of what the mock returns: its times are unix seconds, in whatever way they were written. */
const inUnixSeconds = (model: Part): Part => {
  const properties = Object.entries(partOf(model, "properties"))
  if (!properties.some(([key, schema]) => isWrittenTime(key, schema))) return model
  // An example of what is written has other times.
  const { examples: _written, ...rest } = model
  return {
    ...rest,
    properties: Object.fromEntries(
      properties.map(([key, schema]) => {
        if (!isWrittenTime(key, schema)) return [key, schema]
        const [says] = String(schema["description"]).split(/ \(|: /)
        return [key, { type: "number", description: `${says}, in unix seconds`, examples: [1769850000] }]
      }),
    ),
  }
}

/** Returns an operation with a name of its own, and an example for each parameter and body. */
const operationOf = (operation: Part, models: ReadonlyMap<string, Part>): Part => {
  const { operationId, parameters, requestBody, responses, security: _none, summary, ...rest } = operation
  const body = isPart(requestBody) ? requestBody : undefined
  return {
    operationId: String(operationId).replace(/^.*\./, ""),
    // What comes after the first clause is too long for a title.
    summary: String(summary).split(/[.;,:] /, 1)[0],
    description: `${String(summary)}.`,
    ...rest,
    ...(Array.isArray(parameters) && parameters.length > 0
      ? {
          parameters: parameters.map((parameter) => (isPart(parameter) ? parameterOf(parameter) : parameter)),
        }
      : {}),
    ...(body === undefined
      ? {}
      : { requestBody: { ...body, content: contentOf(partOf(body, "content"), models) } }),
    responses: Object.fromEntries(
      Object.entries(isPart(responses) ? responses : {}).map(([status, response]) => [
        status,
        isPart(response) ? responseOf(response, models) : response,
      ]),
    ),
  }
}

const parameterOf = ({ schema, ...parameter }: Part): Part => {
  const { description, examples, ...bare } = isPart(schema) ? schema : {}
  const [example]: ReadonlyArray<unknown> = Array.isArray(examples) ? examples : []
  // Digits of a query are a number for those who send them.
  return typeof bare["pattern"] === "string"
    ? { ...parameter, description, example: Number(example), schema: { type: "integer" } }
    : { ...parameter, description, example, schema: bare }
}

const responseOf = (response: Part, models: ReadonlyMap<string, Part>): Part => {
  const content = contentOf(partOf(response, "content"), models)
  const json = partOf(partOf(content, "application/json"), "schema")
  const list = nameIn(partOf(json, "items"))
  const model = models.get(nameIn(json) ?? "")
  const says = list === undefined ? model?.["description"] : `A list: each is a ${list}`
  const description = response["description"] === "Success" ? says : response["description"]
  return {
    ...response,
    description: description ?? "A stream that does not end",
    ...("content" in response ? { content } : {}),
  }
}

/** What is sent line by line or event by event, of which OpenAPI can only say that it is text. */
const streams: Readonly<Record<string, Part>> = {
  "application/x-ndjson": {
    schema: {
      type: "string",
      description:
        "Lines of JSON: the first has everything but the meetings, and their number; each other line is a meeting",
    },
    example: '{"version":1,"now":1769850000,"frozen":false,"behaviour":{},"seed":{},"meetings":0}\n',
  },
  "text/event-stream": {
    schema: { type: "string", description: "Server-sent events: the data of each is a JournalEntry as JSON" },
    example: 'data: {"seq":1,"time":1769850000123,"method":"GET","path":"/"}\n\n',
  },
}

const contentOf = (content: Part, models: ReadonlyMap<string, Part>): Part =>
  Object.fromEntries(
    Object.entries(content).flatMap(([type, media]) => {
      if (type in streams) return [[type, streams[type]]]
      // Other names of lines, which need no description of their own.
      if (type !== "application/json" || !isPart(media)) return []
      return [[type, { ...media, example: exampleOf(partOf(media, "schema"), models) }]]
    }),
  )

/** Returns an example of a Schema: its own, or one that is put together from those of its fields. */
const exampleOf = (schema: Part, models: ReadonlyMap<string, Part>): unknown => {
  const model = models.get(nameIn(schema) ?? "")
  if (model !== undefined) return exampleOf(model, models)
  const { anyOf, enum: choices, examples, items, properties, type } = schema
  if (Array.isArray(examples)) return examples[0]
  if (Array.isArray(choices)) return choices[0]
  if (Array.isArray(anyOf)) return exampleOf(anyOf.find(isPart) ?? {}, models)
  if (isPart(items)) return [exampleOf(items, models)]
  if (isPart(properties)) {
    return Object.fromEntries(
      Object.entries(properties).flatMap(([key, property]) =>
        isPart(property) ? [[key, exampleOf(property, models)]] : [],
      ),
    )
  }
  return type === "array" ? [] : {}
}

/** Returns a model in which itself and each of its fields has an example, or is a model that has one. */
const withExamples = (model: Part, models: ReadonlyMap<string, Part>): Part => {
  const withOne = (schema: Part): Part =>
    "examples" in schema || "$ref" in schema ? schema : { ...schema, examples: [exampleOf(schema, models)] }
  const withFields = (schema: Part): Part =>
    "properties" in schema
      ? {
          ...schema,
          properties: Object.fromEntries(
            Object.entries(partOf(schema, "properties")).map(([key, property]) => [
              key,
              isPart(property) ? withOne(property) : property,
            ]),
          ),
        }
      : schema
  const { anyOf } = model
  return withOne({
    ...withFields(model),
    ...(Array.isArray(anyOf) ? { anyOf: anyOf.map((one) => (isPart(one) ? withFields(one) : one)) } : {}),
  })
}

/** Returns the models that operations name, and those that these name. */
const used = (paths: Part, models: ReadonlyMap<string, Part>): ReadonlyArray<readonly [string, Part]> => {
  const found = new Map<string, Part>()
  const look = (value: unknown) =>
    everywhere(value, (part) => {
      const name = nameIn(part)
      const model = name === undefined ? undefined : models.get(name)
      if (name !== undefined && model !== undefined && !found.has(name)) {
        found.set(name, model)
        look(model)
      }
      return part
    })
  look(paths)
  return [...found]
}
