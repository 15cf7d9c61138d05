/** What goes back: RegistryResponse, AdhocQueryResponse or a SOAP 1.2 fault, in a package or as plain SOAP. */
import { randomUUID } from "node:crypto";
import { leafClass, type QueryResult } from "./query.ts";
import { escapeXml, type Finding, NS } from "./xml.ts";

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export interface AnswerStyle {
  readonly package: boolean;
  readonly renamedPrefixes: boolean;
}

const STATUS = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:";
const SEVERITY = "urn:oasis:names:tc:ebxml-regrep:ErrorSeverityType:";
const PREFIXES = { usual: ["soap", "rs", "query", "rim"], renamed: ["ns7", "x-1", "soap", "rs"] } as const;

/** One prefix table for the whole of an answer. */
function prefixes({ renamedPrefixes }: AnswerStyle): Record<"soap" | "rs" | "query" | "rim", string> {
  const [soap, rs, query, rim] = renamedPrefixes ? PREFIXES.renamed : PREFIXES.usual;
  return { soap, rs, query, rim };
}

export function registryResponse(errors: readonly Finding[], warnings: readonly Finding[], style: AnswerStyle): string {
  const { rs } = prefixes(style);
  const status = errors.length === 0 ? "Success" : "Failure";
  const rows = [...errors.map((one) => [one, "Error"] as const), ...warnings.map((one) => [one, "Warning"] as const)];
  const list = rows.map(
    ([{ code, context, location }, severity]) =>
      `<${rs}:RegistryError errorCode="${escapeXml(code)}" codeContext="${escapeXml(context)}" ` +
      `location="${escapeXml(location)}" severity="${SEVERITY}${severity}"/>`,
  );
  const highest = `${SEVERITY}${errors.length === 0 ? "Warning" : "Error"}`;
  const errorList =
    list.length === 0
      ? ""
      : `<${rs}:RegistryErrorList highestSeverity="${highest}">${list.join("")}</${rs}:RegistryErrorList>`;
  return `<${rs}:RegistryResponse xmlns:${rs}="${NS.rs}" status="${STATUS}${status}">${errorList}</${rs}:RegistryResponse>`;
}

/** `result` undefined: the query is refused for `errors`. */
export function queryResponse(
  result: QueryResult | undefined,
  errors: readonly Finding[],
  repositoryUniqueId: string,
  style: AnswerStyle,
): string {
  const { rs, query, rim } = prefixes(style);
  const [, errorList = ""] = /^<[^>]*>(.*)<\/[^>]*>$/s.exec(registryResponse(errors, [], style)) ?? [];
  const objects = (result?.documents ?? []).map((document) =>
    result?.returnType === "LeafClass"
      ? leafClass(document, repositoryUniqueId, rim)
      : `<${rim}:ObjectRef id="${document.entryUUID}"/>`,
  );
  const count = result === undefined ? "" : ` totalResultCount="${objects.length}"`;
  return (
    `<${query}:AdhocQueryResponse xmlns:${query}="${NS.query}" xmlns:${rs}="${NS.rs}" xmlns:${rim}="${NS.rim}" ` +
    `status="${STATUS}${result === undefined ? "Failure" : "Success"}"${count}>${errorList}` +
    `<${rim}:RegistryObjectList>${objects.join("")}</${rim}:RegistryObjectList></${query}:AdhocQueryResponse>`
  );
}

/** Wraps a payload in the envelope of an answer. */
export function answer(payload: string, action: string, relatesTo: string | undefined, style: AnswerStyle): Answer {
  return pack(200, envelope(payload, `${action}Response`, relatesTo, style), style);
}

const SENDER_STATUS = 400;
const RECEIVER_STATUS = 500;

/** SOAP 1.2 Part 1, 5.4; Part 2, 7.5.2.2 for the HTTP status. The reason lists all that was found. */
export function faultAnswer(findings: readonly Finding[], relatesTo: string | undefined, style: AnswerStyle): Answer {
  const { soap } = prefixes(style);
  const [first] = findings;
  const code = first?.code ?? "soap:Receiver";
  const own = code.startsWith("soap:") ? code.slice(5) : "Sender";
  const namespace = code.startsWith("wsa:") ? NS.wsa : NS.wsse;
  const subcode = code.startsWith("soap:")
    ? ""
    : `<${soap}:Subcode><${soap}:Value xmlns:${code.split(":")[0]}="${namespace}">${code}</${soap}:Value></${soap}:Subcode>`;
  const reason = findings.map(({ location, context }) => `${location}: ${context}`).join("; ");
  const payload =
    `<${soap}:Fault><${soap}:Code><${soap}:Value>${soap}:${own}</${soap}:Value>${subcode}</${soap}:Code>` +
    `<${soap}:Reason><${soap}:Text xml:lang="en">${escapeXml(reason)}</${soap}:Text></${soap}:Reason></${soap}:Fault>`;
  const text = envelope(payload, `${NS.wsa}/soap/fault`, relatesTo, style);
  return pack(own === "Sender" ? SENDER_STATUS : RECEIVER_STATUS, text, { ...style, package: false });
}

function envelope(payload: string, action: string, relatesTo: string | undefined, style: AnswerStyle): string {
  const { soap } = prefixes(style);
  const header = [
    `<Action xmlns="${NS.wsa}">${escapeXml(action)}</Action>`,
    `<MessageID xmlns="${NS.wsa}">urn:uuid:${randomUUID()}</MessageID>`,
    relatesTo === undefined ? "" : `<RelatesTo xmlns="${NS.wsa}">${escapeXml(relatesTo)}</RelatesTo>`,
  ].join("");
  return `<${soap}:Envelope xmlns:${soap}="${NS.soap}"><${soap}:Header>${header}</${soap}:Header><${soap}:Body>${payload}</${soap}:Body></${soap}:Envelope>`;
}

function pack(status: number, text: string, style: AnswerStyle): Answer {
  if (!style.package) return { status, contentType: "application/soap+xml; charset=UTF-8", body: text };
  const boundary = `uuid:${randomUUID()}`;
  const root = "root.message@sandbox.invalid";
  return {
    status,
    contentType: `multipart/related; type="application/xop+xml"; boundary="${boundary}"; start="<${root}>"; start-info="application/soap+xml"`,
    body:
      `--${boundary}\r\nContent-Type: application/xop+xml; charset=UTF-8; type="application/soap+xml"\r\n` +
      `Content-Transfer-Encoding: binary\r\nContent-ID: <${root}>\r\n\r\n${text}\r\n--${boundary}--\r\n`,
  };
}
