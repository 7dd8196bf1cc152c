import { assert, beforeAll, describe, it } from "@effect/vitest"
import { DateTime, Effect, Layer, Logger } from "effect"
import { HttpClient } from "effect/http"
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto"
import { createServer } from "node:https"
import type { AddressInfo } from "node:net"
import { inspect } from "node:util"
import * as selfsigned from "selfsigned"
import { FeishuConfig, type FeishuError, Probe } from "@effect-feishu/core"
import * as NodeHttp from "@effect-feishu/core/node"

interface Pair {
  readonly cert: string
  readonly key: string
}

/** A certificate of one that vouches for it, or of itself, good from and to so many days from now. */
const make = async (
  name: string,
  options: { readonly cA: boolean; readonly by?: Pair; readonly days?: readonly [number, number] },
): Promise<Pair> => {
  const [from, to] = options.days ?? [-1, 9]
  const now = DateTime.nowUnsafe()
  const { cert, private: key } = await selfsigned.generate([{ name: "commonName", value: name }], {
    keyType: "ec",
    algorithm: "sha256",
    notBeforeDate: DateTime.toDateUtc(DateTime.add(now, { days: from })),
    notAfterDate: DateTime.toDateUtc(DateTime.add(now, { days: to })),
    extensions: [
      { name: "basicConstraints", cA: options.cA, critical: true },
      { name: "subjectAltName", altNames: [{ type: 2, value: name }] },
    ],
    ...(options.by === undefined ? {} : { ca: options.by }),
  })
  return { cert: `${cert.trim()}\n`, key }
}

let root: Pair
let intermediate: Pair
let leaf: Pair
let own: Pair
let expired: Pair
let early: Pair
beforeAll(async () => {
  root = await make("Company Root", { cA: true })
  intermediate = await make("Company Issuing", { cA: true, by: root })
  leaf = await make("localhost", { cA: false, by: intermediate })
  own = await make("localhost", { cA: false })
  expired = await make("Old Root", { cA: true, days: [-9, -1] })
  early = await make("Young Root", { cA: true, days: [1, 9] })
})

const der = ({ cert }: Pair): Buffer => new X509Certificate(cert).raw
const utf16 = (text: string, mark = ""): Buffer => Buffer.from(mark + text, "utf16le")
const block = (label: string, body = "MAA=") => `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`
const base64 = (pem: string) => pem.replaceAll(/-----.*-----|\s/g, "")

type Content = () => string | Uint8Array

describe("certificates to trust", () => {
  /** What is taken, and how many certificates that are. */
  const taken: Readonly<Record<string, readonly [content: Content, count: number]>> = {
    "one in PEM": [() => root.cert, 1],
    "several in PEM": [() => root.cert + intermediate.cert + own.cert, 3],
    "the bytes of PEM": [() => Buffer.from(root.cert), 1],
    "PEM with text around it": [() => `Company Root\n=====\n${root.cert}\n# and\n${own.cert}bye`, 2],
    "PEM with the line breaks of Windows": [() => root.cert.replaceAll("\n", "\r\n"), 1],
    "PEM with the line breaks of old Macs": [() => root.cert.replaceAll("\n", "\r"), 1],
    "PEM without a line break at its end": [() => root.cert.trimEnd(), 1],
    "PEM whose certificates follow each other without a break": [() => root.cert.trim() + own.cert.trim(), 2],
    "PEM that is indented": [() => root.cert.replaceAll(/^/gm, "    "), 1],
    "PEM in one line": [() => root.cert.replaceAll("\n", " "), 1],
    "PEM with line breaks written as \\n": [() => root.cert.replaceAll("\n", "\\n"), 1],
    "PEM with line breaks written as \\r\\n": [() => root.cert.replaceAll("\n", "\\r\\n"), 1],
    "PEM in UTF-8 with a mark": [() => Buffer.from(`\uFEFF${root.cert}`), 1],
    "PEM with a mark, as text": [() => `\uFEFF${root.cert}`, 1],
    "PEM in UTF-16 of Windows": [() => utf16(root.cert, "\uFEFF"), 1],
    "PEM in UTF-16, big-endian": [() => utf16(root.cert, "\uFEFF").swap16(), 1],
    "PEM in UTF-16 without a mark": [() => utf16(root.cert), 1],
    "PEM in UTF-16, big-endian, without a mark": [() => utf16(root.cert).swap16(), 1],
    "PEM in UTF-16, read as if it were not": [() => utf16(root.cert).toString("latin1"), 1],
    "PEM by its old name": [() => root.cert.replaceAll("CERTIFICATE", "X509 CERTIFICATE"), 1],
    "a trusted certificate of OpenSSL": [() => root.cert.replaceAll("CERTIFICATE", "TRUSTED CERTIFICATE"), 1],
    "PEM beside a revocation list": [() => block("X509 CRL") + root.cert, 1],
    "one in DER": [() => der(root), 1],
    "the certificate of a server": [() => own.cert, 1],
    "one that has expired": [() => expired.cert, 1],
  }
  for (const [name, [content, count]] of Object.entries(taken)) {
    it.effect(`${name}: is taken`, () =>
      Effect.gen(function* () {
        const certificates = yield* NodeHttp.certificates("ca", content())
        assert.strictEqual(certificates.length, count)
        for (const pem of certificates) assert.isString(new X509Certificate(pem).subject)
      }),
    )
  }

  const noCertificate =
    /^ca: it holds no certificate\. Nothing was sent\. Give certificates in PEM, which begin with/
  const key =
    /^ca: it holds a private key, and a list of trusted certificates needs none\. .* has to be replaced\.$/
  const privateDer = (type: "pkcs8" | "sec1") => createPrivateKey(root.key).export({ format: "der", type })
  const damaged = (pem: string) => pem.replace(/M[\w+/]{40}/, (text) => text.toLowerCase())
  const refused: Readonly<Record<string, readonly [content: Content, message: RegExp]>> = {
    "no text": [() => "", /^ca: it is empty\. Nothing was sent\. Give certificates in PEM/],
    "no bytes": [() => new Uint8Array(), /^ca: it is empty\./],
    blanks: [() => " \r\n\t", /^ca: it is empty\./],
    "a mark alone": [() => utf16("", "\uFEFF"), /^ca: it is empty\./],
    "a text": [() => "hello\nworld\n", noCertificate],
    "a page": [() => Buffer.from("<html>\n<body>Sign in</body>\n"), noCertificate],
    "bytes of all sorts": [
      () => Uint8Array.from({ length: 512 }, (_, index) => (index * 37) % 256),
      noCertificate,
    ],
    "a picture": [() => Buffer.from("89504e470d0a1a0a0000000d", "hex"), noCertificate],
    "base64 alone": [() => base64(root.cert), noCertificate],
    "the name of a file": [
      () => "/etc/ssl/company.pem",
      /^ca: it holds no certificate\. .* Give the content of the file, not its name\.$/,
    ],
    "a private key": [() => root.key, key],
    "a private key in UTF-16": [() => utf16(root.key, "\uFEFF"), key],
    "a private key and its certificate": [() => root.key + root.cert, key],
    "a certificate and its private key": [() => root.cert + root.key, key],
    "a private key that is cut": [() => root.key.slice(0, 60), key],
    "an encrypted private key": [() => root.cert + block("ENCRYPTED PRIVATE KEY"), key],
    "a private key of OpenSSH": [() => block("OPENSSH PRIVATE KEY"), key],
    "a private key in DER": [() => privateDer("pkcs8"), key],
    "a private key of elliptic curves in DER": [() => privateDer("sec1"), key],
    "a public key": [
      () => createPublicKey(root.cert).export({ format: "pem", type: "spki" }),
      /^ca: it holds "PUBLIC KEY", not a certificate\. /,
    ],
    "a request for a certificate": [
      () => block("CERTIFICATE REQUEST"),
      /^ca: it holds "CERTIFICATE REQUEST", not a certificate\. /,
    ],
    "a request of old": [
      () => block("NEW CERTIFICATE REQUEST"),
      /"NEW CERTIFICATE REQUEST", not a certificate/,
    ],
    "a revocation list": [() => block("X509 CRL"), /^ca: it holds "X509 CRL", not a certificate\. /],
    "PKCS#7 in PEM": [
      () => block("PKCS7"),
      /^ca: it is PKCS#7 \(\.p7b\), not .* Convert it: openssl pkcs7 -print_certs -in FILE -out ca\.pem$/,
    ],
    "PKCS#7 in DER": [
      () => Buffer.from("308202a006092a864886f70d010702a08202913082028d", "hex"),
      /^ca: it is PKCS#7 \(\.p7b\), not .* openssl pkcs7 -inform DER -print_certs /,
    ],
    "PKCS#12": [
      () => Buffer.from("30820a010201033082 09c706092a864886f70d010701".replace(" ", ""), "hex"),
      /^ca: it is a PKCS#12 store \(\.pfx or \.p12\), not .* openssl pkcs12 -cacerts -nokeys /,
    ],
    "a Java key store": [
      () => Buffer.from("feedfeed000000020000000100000002", "hex"),
      /^ca: it is a Java key store, not .* keytool -exportcert -rfc /,
    ],
    "two in DER": [
      () => Buffer.concat([der(root), der(own)]),
      /^ca: it holds more than one certificate in DER\. .* openssl x509 -inform DER /,
    ],
    "one in DER that is cut": [() => der(root).subarray(0, 200), noCertificate],
    "one that is damaged": [
      () => damaged(root.cert),
      /^ca: its certificate is damaged or cut short\. .* Get it again/,
    ],
    "one that is cut": [() => root.cert.slice(0, 300), /^ca: its certificate is damaged or cut short\. /],
    "one without a body": [() => block("CERTIFICATE", ""), /^ca: its certificate is damaged or cut short\. /],
    "one that is something else": [
      () => block("CERTIFICATE", base64(root.key)),
      /is damaged or cut short\. /,
    ],
    "a damaged one among good ones": [
      () => root.cert + damaged(own.cert) + intermediate.cert,
      /^ca: certificate 2 of 3 is damaged or cut short\. /,
    ],
    "good ones, and one that is cut": [
      () => root.cert + intermediate.cert + own.cert.slice(0, 200),
      /^ca: certificate 3 of 3 is damaged or cut short\. /,
    ],
    "one that is cut, before a good one": [
      () => root.cert.slice(0, 200) + own.cert,
      /^ca: certificate 1 of 2 is damaged or cut short\. /,
    ],
  }
  for (const [name, [content, message]] of Object.entries(refused)) {
    it.effect(`${name}: is refused with what to do, never repeated, and ends the layer`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(NodeHttp.certificates("ca", content()))
        assert.match(error.message, message)
        const shown = inspect(error, { depth: 9 })
        for (const line of root.key.split("\n").slice(1, -2)) assert.notInclude(shown, line)
        const built = yield* HttpClient.HttpClient.pipe(
          Effect.provide(NodeHttp.layer({ ca: content() })),
          Effect.flip,
        )
        assert.strictEqual((built as FeishuError.FeishuError).message, error.message)
      }),
    )
  }

  it.live("those that are out of date are warned of in one line, by the first of them", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const logger = Logger.make(({ message }) => lines.push(String(message)))
      for (const ca of [expired.cert, early.cert, root.cert, root.cert + expired.cert + early.cert]) {
        yield* HttpClient.HttpClient.pipe(
          Effect.provide(NodeHttp.layer({ ca }).pipe(Layer.provide(Logger.layer([logger])))),
        )
      }
      assert.deepStrictEqual(
        lines.map((line) => line.replace(/\d{4}-\d\d-\d\d/, "DATE")),
        [
          "The certificate of CN=Old Root among those to trust expired on DATE: certificates that it signed are refused.",
          "The certificate of CN=Young Root among those to trust is not valid before DATE: certificates that it signed are refused.",
          "The certificate of CN=Old Root among those to trust expired on DATE, and 1 more are out of date: certificates that it signed are refused.",
        ],
      )
    }),
  )

  const reach = (chain: string, key: string, ca: string) =>
    Effect.gen(function* () {
      const listening = yield* Effect.acquireRelease(
        Effect.callback<ReturnType<typeof createServer>>((resume) => {
          const server = createServer({ key, cert: chain }, (_, response) => {
            response.end('{"code":99991661,"msg":"Missing access token"}')
          })
          server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
        }),
        (server) => Effect.sync(() => server.close()),
      )
      const { port } = listening.address() as AddressInfo
      const { code } = yield* Probe.reach.pipe(
        Effect.provide([
          FeishuConfig.layer({ baseUrl: `https://localhost:${port}` }),
          NodeHttp.layer({ ca }),
        ]),
      )
      return code
    }).pipe(Effect.scoped)

  it.live("an authority, an intermediate one alone, and the server's own certificate are trusted", () =>
    Effect.gen(function* () {
      const chain = leaf.cert + intermediate.cert
      for (const ca of [root.cert, intermediate.cert, leaf.cert]) {
        assert.strictEqual(yield* reach(chain, leaf.key, ca), 99991661)
      }
      assert.strictEqual(yield* reach(leaf.cert, leaf.key, intermediate.cert), 99991661)
      assert.strictEqual(yield* reach(own.cert, own.key, own.cert), 99991661)
      const error = yield* Effect.flip(reach(own.cert, own.key, root.cert))
      assert.match(error.message, /certificate refused \(DEPTH_ZERO_SELF_SIGNED_CERT\)/)
    }),
  )
})
