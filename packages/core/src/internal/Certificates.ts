/**
 * Reads certificates to trust from what people have: PEM, also as Windows saves text, or a certificate in DER. Node
 * accepts anything as `ca`, and silently ignores what it cannot read. This module is for Node only.
 */
import { createPrivateKey, X509Certificate } from "node:crypto"
import * as Result from "effect/Result"
import * as Sentence from "../Sentence.ts"

/** A certificate to trust. */
export interface Certificate {
  readonly pem: string
  /** The subject, such as `CN=Company Root, O=Company`. */
  readonly subject: string
  /** The validity in unix milliseconds. */
  readonly validFrom: number
  readonly validTo: number
}

/** Why not all of the content can be trusted, and what to do. */
export interface Problem {
  readonly problem: Sentence.Sentence
  readonly remedy: Sentence.Sentence
}

/** Reads the content of a file. What is not a certificate is refused, and never repeated: it may be a secret. */
export const read = (content: string | Uint8Array): Result.Result<ReadonlyArray<Certificate>, Problem> => {
  if (typeof content === "string") return fromText(content)
  const bytes = Buffer.from(content)
  const text = decoded(bytes)
  // UTF-16 without a byte order mark leaves a NUL next to every character.
  return text.replaceAll("\0", "").includes("-----BEGIN ") ? fromText(text) : fromBytes(bytes, text)
}

const refuse = (problem: Sentence.Sentence, remedy: Sentence.Sentence) =>
  Result.fail<Problem>({ problem, remedy })

const givePem = Sentence.make("givePem")
const convertPkcs7 = (form: string) =>
  refuse(
    Sentence.make("pkcs7"),
    Sentence.make("convert", { command: `openssl pkcs7${form} -print_certs -in FILE -out ca.pem` }),
  )
const privateKey = () => refuse(Sentence.make("privateKey"), Sentence.make("giveCertificateAlone"))

/** The text of a file. Windows also saves text in UTF-16. */
const decoded = (bytes: Buffer): string => {
  const [first, second] = bytes
  if (first === 0xfe && second === 0xff) return new TextDecoder("utf-16be").decode(bytes)
  if (first === 0xff && second === 0xfe) return new TextDecoder("utf-16le").decode(bytes)
  return bytes.toString("utf8")
}

const block = /-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----/gs

const fromText = (given: string): Result.Result<ReadonlyArray<Certificate>, Problem> => {
  // Variables of an environment may have line breaks as \n.
  const text = given.replaceAll(/\0|\uFEFF/g, "").replaceAll(/(?:\\r)?\\n/g, "\n")
  if (text.trim() === "") return refuse(Sentence.make("certificatesEmpty"), givePem)
  const begun = Array.from(text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----/g), ([, label]) => label!)
  const has = (pattern: RegExp) => begun.some((label) => pattern.test(label))
  if (has(/PRIVATE KEY/)) return privateKey()
  if (has(/^(PKCS7|CMS)$/)) return convertPkcs7("")
  const labels = begun.filter((label) => /^((X509|TRUSTED) )?CERTIFICATE$/.test(label))
  if (labels.length === 0) {
    if (begun.length > 0) return refuse(Sentence.make("otherPem", { label: begun[0]! }), givePem)
    const isName = /^[^\n]*\.\w{2,4}\s*$/.test(text)
    return refuse(Sentence.make("noCertificate"), isName ? Sentence.make("giveContent") : givePem)
  }
  const blocks = [...text.matchAll(block)].filter(([, label]) => labels.includes(label!))
  const certificates: Array<Certificate> = []
  for (const [index, [, label, body = ""]] of blocks.entries()) {
    const base64 = body.replaceAll(/\s/g, "")
    const read = /^[\w+/]+=*$/.test(base64) ? certificateOf(Buffer.from(base64, "base64")) : undefined
    if (read === undefined) return damaged(index + 1, labels.length)
    // In a TRUSTED CERTIFICATE, the purposes that it is trusted for follow the certificate, and OpenSSL respects them.
    const pem = label === "TRUSTED CERTIFICATE" ? pemOf(label, base64) : read.pem
    certificates.push({ ...read, pem })
  }
  return certificates.length < labels.length
    ? damaged(certificates.length + 1, labels.length)
    : Result.succeed(certificates)
}

const damaged = (number: number, all: number) =>
  refuse(Sentence.make("certificateDamaged", { number, all }), Sentence.make("getItAgain"))

const fromBytes = (bytes: Buffer, text: string): Result.Result<ReadonlyArray<Certificate>, Problem> => {
  const first = certificateOf(bytes)
  if (first !== undefined) {
    return first.bytes === bytes.length
      ? Result.succeed([first])
      : refuse(
          Sentence.make("moreThanDer"),
          Sentence.make("convert", { command: "openssl x509 -inform DER -in FILE -out ca.pem" }),
        )
  }
  const start = bytes.subarray(0, 64).toString("hex")
  // The identifier of signed data. A PKCS#12 store has one, too, but begins with its version.
  if (start.includes("06092a864886f70d010702") && !/^30.{2,10}020103/.test(start)) {
    return convertPkcs7(" -inform DER")
  }
  if (/^30.{2,10}020103/.test(start)) {
    return refuse(
      Sentence.make("pkcs12"),
      Sentence.make("takeOut", { command: "openssl pkcs12 -cacerts -nokeys -in FILE -out ca.pem" }),
    )
  }
  if (/^(feedfeed|cececece)/.test(start)) {
    return refuse(
      Sentence.make("javaKeyStore"),
      Sentence.make("takeOut", {
        command: "keytool -exportcert -rfc -keystore FILE -alias NAME -file ca.pem",
      }),
    )
  }
  if (isPrivateKey(bytes)) return privateKey()
  return fromText(text)
}

/** The certificate that the bytes begin with, and its length; `undefined` if they do not begin with one. */
const certificateOf = (der: Buffer): (Certificate & { readonly bytes: number }) | undefined => {
  try {
    const certificate = new X509Certificate(der)
    return {
      pem: certificate.toString(),
      bytes: certificate.raw.length,
      subject: certificate.subject.split("\n").toReversed().join(", "),
      validFrom: certificate.validFromDate.getTime(),
      validTo: certificate.validToDate.getTime(),
    }
  } catch {
    return undefined
  }
}

const isPrivateKey = (key: Buffer): boolean =>
  (["pkcs8", "pkcs1", "sec1"] as const).some((type) => {
    try {
      createPrivateKey({ key, format: "der", type })
      return true
    } catch (error) {
      // A key that needs a password is a private key, too.
      return error instanceof Error && /passphrase/i.test(error.message)
    }
  })

const pemOf = (label: string, base64: string): string =>
  [`-----BEGIN ${label}-----`, ...(base64.match(/.{1,64}/g) ?? []), `-----END ${label}-----`, ""].join("\n")
