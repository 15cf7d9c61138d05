/**
 * A right publication, built by hand and signed with node:crypto and xml-crypto, with a hook at every stage so that a
 * test can make one thing of it wrong. Shares nothing with the product nor with the stand-in.
 */
import { randomUUID } from "node:crypto";
import type { SandboxPki } from "../../scripts/sandbox/pki.ts";
import { type Edit, type Hooks, type Ids, INS, INS_OID, newIds } from "./hooks.ts";
import { type KosValues, kosBytes } from "./kos-bytes.ts";
import { submitObjectsRequest } from "./metadata-xml.ts";
import { signatureDocument, vihf } from "./signatures.ts";

export {
  both,
  cut,
  type Edit,
  type Hooks,
  type Ids,
  INS,
  newIds,
  ofPatient,
  PATIENT_ID,
  replacing,
  swap,
} from "./hooks.ts";

export const ACTION = "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b";

const same: Edit = (text) => text;

export interface Submission {
  readonly contentType: string;
  readonly body: Buffer;
}

export function buildSubmission(url: string, pki: SandboxPki, hooks: Hooks = {}): Submission {
  const ids = hooks.ids ?? newIds();
  const now = hooks.now ?? new Date();
  const utc = now.toISOString().replace(/\D/g, "").slice(0, 14);
  const structure = hooks.structure ?? pki.structures[0];
  const kosFile = hooks.kosFile ?? ((bytes: Buffer) => bytes);
  const kos = kosFile(kosBytes({ ...kosValues(ids, utc), ...hooks.kos }));
  const signature = signatureDocument(hooks.setSigner ?? structure.sign, ids, kos, now, hooks);
  const metadata = (hooks.metadata ?? same)(submitObjectsRequest(ids, utc, structure, kos, signature));
  const assertion = vihf(hooks.signer ?? structure.sign, structure, now, hooks);
  const documents = ["Manifest01", "Signature01"]
    .map(
      (id, index) =>
        `<Document id="${id}"><xop:Include xmlns:xop="http://www.w3.org/2004/08/xop/include" href="cid:d${index}%40test"/></Document>`,
    )
    .join("");
  const body = `<ProvideAndRegisterDocumentSetRequest xmlns="urn:ihe:iti:xds-b:2007">${metadata}${documents}</ProvideAndRegisterDocumentSetRequest>`;
  const envelope = (hooks.envelope ?? same)(soap(ACTION, hooks.to ?? `${url}/repository`, assertion, body));
  const part = (id: string, type: string, content: Buffer): string =>
    `--frontier\r\nContent-Type: ${type}\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <${id}>\r\n\r\n${content.toString("latin1")}\r\n`;
  const root = 'application/xop+xml; charset=UTF-8; type="application/soap+xml"';
  const text =
    part("root@test", root, Buffer.from(envelope)) +
    part("d0@test", "application/dicom", kos) +
    part("d1@test", "text/xml", Buffer.from(signature)) +
    "--frontier--\r\n";
  const contentType =
    'multipart/related; boundary="frontier"; type="application/xop+xml"; start="<root@test>"; ' +
    `start-info="application/soap+xml"; action="${ACTION}"`;
  return {
    contentType: (hooks.contentType ?? same)(contentType),
    body: Buffer.from((hooks.body ?? same)(text), "latin1"),
  };
}

/** An AdhocQueryRequest with `[name, value]` slots; a name given twice makes two slots. */
export function storedQuery(
  id: string,
  returnType: string,
  ...slots: (readonly [name: string, value: string])[]
): string {
  const rows = slots.map(
    ([name, value]) =>
      `<Slot name="${name}"><ValueList><Value>${value.replaceAll("&", "&amp;")}</Value></ValueList></Slot>`,
  );
  return (
    '<query:AdhocQueryRequest xmlns:query="urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0" xmlns="urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0">' +
    `<query:ResponseOption returnComposedObjects="true" returnType="${returnType}"/>` +
    `<AdhocQuery id="${id}">${rows.join("")}</AdhocQuery></query:AdhocQueryRequest>`
  );
}

/** A stored query with a right envelope. */
export function buildQuery(url: string, pki: SandboxPki, query: string, hooks: Hooks = {}): Submission {
  const structure = hooks.structure ?? pki.structures[0];
  const assertion = vihf(hooks.signer ?? structure.sign, structure, hooks.now ?? new Date(), hooks);
  const envelope = soap("urn:ihe:iti:2007:RegistryStoredQuery", `${url}/registry`, assertion, query);
  return { contentType: "application/soap+xml; charset=UTF-8", body: Buffer.from((hooks.envelope ?? same)(envelope)) };
}

export const UPDATE = "urn:ihe:iti:2010:UpdateDocumentSet";

/** A right UpdateDocumentSet that deletes `target`: the submission set of a publication, and one association. */
export function buildDeletion(url: string, pki: SandboxPki, target: string, hooks: Hooks = {}): Submission {
  const structure = hooks.structure ?? pki.structures[0];
  const now = hooks.now ?? new Date();
  const utc = now.toISOString().replace(/\D/g, "").slice(0, 14);
  const whole = submitObjectsRequest(hooks.ids ?? newIds(), utc, structure, Buffer.alloc(0), "");
  const [before = "", after = ""] = whole.split(/<ExtrinsicObject.*<\/Association>/s);
  const slot = (name: string, value: string): string =>
    `<Slot name="${name}"><ValueList><Value>${value}</Value></ValueList></Slot>`;
  const association =
    `<Association id="a1" associationType="urn:ihe:iti:2010:AssociationType:UpdateAvailabilityStatus" sourceObject="SubmissionSet01" targetObject="${target}">` +
    slot("OriginalStatus", "urn:oasis:names:tc:ebxml-regrep:StatusType:Approved") +
    slot("NewStatus", "urn:asip:ci-sis:2010:StatusType:Deleted") +
    "</Association>";
  const metadata = (hooks.metadata ?? same)(before + association + after);
  const assertion = vihf(hooks.signer ?? structure.sign, structure, now, hooks);
  const envelope = (hooks.envelope ?? same)(soap(UPDATE, hooks.to ?? `${url}/registry`, assertion, metadata));
  const contentType = `application/soap+xml; charset=UTF-8; action="${UPDATE}"`;
  return {
    contentType: (hooks.contentType ?? same)(contentType),
    body: Buffer.from((hooks.body ?? same)(envelope)),
  };
}

function kosValues({ sop, study }: Ids, utc: string): KosValues {
  const local = new Date(Date.parse(utc.replace(/(....)(..)(..)(..)(..)(..)/, "$1-$2-$3T$4:$5:$6Z")) + 3_600_000);
  const [, date = "", time = ""] = /^(\d{8})(\d{6})/.exec(local.toISOString().replace(/\D/g, "")) ?? [];
  return {
    sopClassUID: "1.2.840.10008.5.1.4.1.1.88.59",
    sopInstanceUID: sop,
    metaInstanceUID: sop,
    modality: "KO",
    patientID: INS,
    insOid: INS_OID,
    studyInstanceUID: study,
    referencedStudyUID: study,
    titleCode: "113030",
    created: [date, time, "+0100"],
    series: [
      {
        uid: "2.25.1002",
        url: `https://box.exemple.fr/drim/studies/${study}/series/2.25.1002`,
        instances: ["2.25.1003"],
      },
    ],
  };
}

export function soap(action: string, to: string, assertion: string, body: string): string {
  return (
    '<soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope" xmlns:wsa="http://www.w3.org/2005/08/addressing">' +
    `<soap:Header><wsa:MessageID>urn:uuid:${randomUUID()}</wsa:MessageID><wsa:To>${to}</wsa:To>` +
    `<wsa:Action soap:mustUnderstand="true">${action}</wsa:Action>` +
    '<wsse:Security xmlns:wsse="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd">' +
    `${assertion}</wsse:Security></soap:Header><soap:Body>${body}</soap:Body></soap:Envelope>`
  );
}
