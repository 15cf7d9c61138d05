/** Reports, answers of the record, packages and signatures. */
import { X509Certificate } from "node:crypto";
import { readReportHeader } from "../../../appliance/cda/index.ts";
import {
  parseMediaType,
  parseMultipart,
  readAnswer,
  rootPart,
  verifyEnveloped,
  verifySubmissionSignature,
} from "../../../appliance/xds/index.ts";
import { answer, faultAnswer, queryResponse, registryResponse } from "../../../scripts/sandbox/dmp/answers.ts";
import { buildCda, sandboxReport, sandboxStudy } from "../../../scripts/sandbox/ris.ts";
import { samplesNamed, type Target, words } from "../target.ts";

const MARKUP = words(
  ...["<", ">", "/>", "&", "&amp;", "&#0;", "&#x10FFFF;", "&nbsp;", "<!--", "-->", "<![CDATA[", "]]>", "<?x", "?>"],
  ...["<!DOCTYPE a [<!ENTITY b 'c'>]>", "<a>", "</a>", " a='1'", " xmlns:a='b'", " xmlns=''", '"', "'", "\x01", "\xff"],
  "\xef\xbf\xbe",
);
const MIME = words(
  ...["\r\n", "\n", "--", "\r\n--b", "--b--", ": ", ";", "=", '"', "\\", "boundary=", "Content-ID: <r>\r\n"],
  ...["Content-Transfer-Encoding: base64\r\n", "\r\n\t", "start=<r>"],
);

/** A little less than the header of a report may have. */
const HEADER_BYTES = 100_000;

/** An input with its Content-Type in front, so that both are damaged. */
const withType = (contentType: string, body: string | Buffer) =>
  Buffer.concat([Buffer.from(`${contentType}\0`), Buffer.from(body as string)]);

function typeAndBody(bytes: Buffer): readonly [string, Buffer] {
  const end = bytes.indexOf(0);
  return end < 0 ? ["", bytes] : [bytes.toString("latin1", 0, end), bytes.subarray(end + 1)];
}

function answersOfTheRecord(): Buffer[] {
  const finding = { code: "XDSRegistryMetadataError", context: "formatCode", location: "DocumentKOS" };
  return [true, false].flatMap((packaged) => {
    const style = { package: packaged, renamedPrefixes: !packaged };
    const payloads = [
      registryResponse([], [], style),
      registryResponse([finding], [finding], style),
      queryResponse(undefined, [finding], "1.2.3", style),
    ];
    return [
      ...payloads.map((payload) => answer(payload, "urn:x", "urn:uuid:1", style)),
      faultAnswer([{ ...finding, code: "wsse:InvalidSecurity" }], "urn:uuid:1", style),
    ].map(({ contentType, body }) => withType(contentType, body));
  });
}

interface Signed {
  readonly certificate: string;
}
/** Nothing but what was signed is ever believed. */
const CLAIMS = "CN=é & <co>899900012345";

/** Signs in the process of the tests: the runner has the certificate only. */
async function signed() {
  const { assertion, signers, submission } = await import("../../xds/signed.ts");
  const { signer } = signers.rsa;
  return {
    assertion: Buffer.from((await assertion(signer, "SHA-256")).xml),
    submission: Buffer.from(await submission(signer, "SHA-256")),
    secret: { certificate: signer.certificate.toString() } satisfies Signed,
  };
}
const DOCUMENTS = new Map([["2.25.7", Buffer.from("DICM and what follows")]]);
const certificateOf = (secret: unknown) => new X509Certificate((secret as Signed).certificate);

export const targets: Readonly<Record<string, Target>> = {
  "the header of a report": {
    async material() {
      const samples = samplesNamed(
        "ans-demonstrator/DOC00002.xml",
        "cda/img-cr-2024.01/IMG_CR_IMG_2024.01_CDA-R2-Niveau-1.xml",
      );
      const ours = [{}, { studies: [sandboxStudy(), sandboxStudy({ studyInstanceUID: "2.25.2" })] }].map((changes) =>
        buildCda(sandboxReport(changes)),
      );
      const report = (ours[0] as Buffer).toString();
      const inLanguage = (value: string) => Buffer.from(report.replace('code="FR"', `code="${value}"`));
      return {
        corpus: [...ours, ...samples],
        words: MARKUP,
        // The end of each was looked for in the whole rest of the header.
        harmful: ["<?", "<!--", "<![CDATA["].map((section) =>
          inLanguage(section.repeat(HEADER_BYTES / section.length)),
        ),
      };
    },
    read: (bytes) => readReportHeader(bytes),
  },
  "an answer of the record": {
    async material() {
      const many = (text: string, times: number) => withType("text/xml", `<a${text.repeat(times)}/>`);
      const attributes = Array.from({ length: 20_000 }, (_, index) => ` a${index}=""`).join("");
      return {
        corpus: answersOfTheRecord(),
        words: [...MARKUP, ...MIME],
        harmful: [many(attributes, 1), many("><a", 20_000), withType("text/xml", `<a>${"<b/>".repeat(20_000)}</a>`)],
      };
    },
    read: (bytes) => readAnswer(...typeAndBody(bytes)),
  },
  "a multipart body": {
    async material() {
      const part = 'Content-Type: application/xop+xml; charset="UTF-8"\r\nContent-ID: <r>\r\n\r\n<a/>';
      const binary = "Content-Transfer-Encoding: base64\r\nContent-ID: <d>\r\n\r\naGVsbG8=";
      const body = `preamble\r\n--b\r\n${part}\r\n--b\r\n${binary}\r\n--b--\r\nepilogue`;
      const type = 'multipart/related; boundary="b"; type="application/xop+xml"; start="<r>"; start-info="a/b"';
      return { corpus: [withType(type, body), withType("multipart/mixed;boundary=b", body)], words: MIME };
    },
    read(bytes) {
      const [contentType, body] = typeAndBody(bytes);
      const mediaType = parseMediaType(contentType);
      return rootPart(parseMultipart(body, mediaType), mediaType);
    },
  },
  "a signed assertion": {
    async material() {
      const { assertion, secret } = await signed();
      return { corpus: [assertion], words: [...MARKUP, assertion], secret };
    },
    read(bytes, secret) {
      const root = verifyEnveloped(bytes, { certificate: certificateOf(secret) });
      if (root.textContent !== CLAIMS) throw new TypeError("claims that nobody signed");
    },
  },
  "the signature of a submission": {
    async material() {
      const { submission, secret } = await signed();
      return { corpus: [submission], words: [...MARKUP, submission], secret };
    },
    read(bytes, secret) {
      const verified = verifySubmissionSignature(bytes, { certificate: certificateOf(secret), documents: DOCUMENTS });
      if (verified.submissionSetUniqueId !== "2.25.9" || verified.documents.join() !== "2.25.7")
        throw new TypeError("a submission that nobody signed");
    },
  },
};
