/**
 * The mock under load, with everything that it does for a request (token, scope, fields, limit, journal), compared with
 * a bare node:http server and a bare HttpApi that answer the same bytes.
 */
import { attempt, each, median, medianRatio, report, roundRobin, type Samples } from "../Measurement.ts"
import * as Mock from "../Mock.ts"

using mock = await Mock.serve({ kind: "mock", meetings: 10_000 })
const pages = await Mock.pagesOf(mock)
using servers = new DisposableStack()
const large = await attempt(async () => {
  const server = servers.use(await Mock.serve({ kind: "mock", meetings: 100_000 }))
  return { server, pages: await Mock.pagesOf(server) }
})
const httpApi = await attempt(async () =>
  servers.use(await Mock.serve({ kind: "HttpApi", body: pages.body })),
)
const nodeHttp = await attempt(async () =>
  servers.use(await Mock.serve({ kind: "node:http", body: pages.body })),
)

const loads = await roundRobin(
  {
    mock: () => Mock.load(mock, pages, { duration: 2 }),
    large: async () => Mock.load(large().server, large().pages, { duration: 2 }),
    httpApi: async () => Mock.load(httpApi(), pages, { duration: 2 }),
    nodeHttp: async () => Mock.load(nodeHttp(), pages, { duration: 2 }),
  },
  { warmUp: 2, rounds: 7 },
)
const rate = (loads: Samples<Mock.Load>) => each(loads, ({ requestsPerSecond }) => requestsPerSecond)
const p99 = (loads: Samples<Mock.Load>) => each(loads, (load) => load.p99)

report([
  { what: "node:http, the same bytes", value: () => median(rate(loads.nodeHttp)), unit: "requests/s" },
  { what: "bare HttpApi, the same bytes", value: () => median(rate(loads.httpApi)), unit: "requests/s" },
  { what: "the mock, 10,000 meetings", value: () => median(rate(loads.mock)), unit: "requests/s" },
  { what: "the mock, 100,000 meetings", value: () => median(rate(loads.large)), unit: "requests/s" },
  // The goal: at least 0.75 of the requests of a bare HttpApi.
  {
    what: "bare HttpApi / the mock",
    value: () => medianRatio(rate(loads.httpApi), rate(loads.mock)),
    unit: "×",
    goal: 4 / 3,
  },
  // The goal: with 100,000 meetings at least 0.8 of the requests that it answers with 10,000.
  {
    what: "10,000 meetings / 100,000",
    value: () => medianRatio(rate(loads.mock), rate(loads.large)),
    unit: "×",
    goal: 1.25,
  },
  { what: "bare HttpApi, p99", value: () => median(p99(loads.httpApi)), unit: "µs" },
  { what: "the mock, p99", value: () => median(p99(loads.mock)), unit: "µs" },
  {
    what: "the mock's p99 / bare HttpApi's",
    value: () => medianRatio(p99(loads.mock), p99(loads.httpApi)),
    unit: "×",
    goal: 2,
  },
])
