/** The SOAP 1.2 envelope with WS-Addressing and the one Security header (wire-formats 5.2). */
import {
  attribute,
  children,
  type Document,
  type Element,
  elements,
  type Findings,
  is,
  NS,
  only,
  textOf,
} from "./xml.ts";

export interface Envelope {
  readonly messageId: string;
  readonly action: string;
  readonly assertion: Element;
  /** The only child of the body. */
  readonly payload: Element;
}

const URN_UUID = /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;
/** WS-Addressing 1.0 SOAP Binding, 6.4. */
const CARDINALITY = "wsa:InvalidCardinality";
const REQUIRED = "wsa:MessageAddressingHeaderRequired";
const UNDERSTOOD: ReadonlySet<string> = new Set([NS.wsa, NS.wsse]);

/** Checks the envelope; undefined when the rest of the message cannot be read. */
export function readEnvelope(
  document: Document,
  expected: { readonly actions: readonly string[]; readonly to: string },
  findings: Findings,
): Envelope | undefined {
  const root = document.documentElement;
  if (root === null || !is(root, NS.soap, "Envelope")) {
    findings.add("soap:VersionMismatch", "/", "a SOAP 1.2 Envelope is expected");
    return undefined;
  }
  const [header, body, ...others] = elements(root);
  const isSoap =
    header !== undefined && body !== undefined && is(header, NS.soap, "Header") && is(body, NS.soap, "Body");
  if (!isSoap || others.length > 0) {
    findings.add("soap:Sender", root, "one Header then one Body are expected");
    return undefined;
  }
  checkMustUnderstand(header, findings);
  const messageId = addressing(header, "MessageID", findings);
  const to = addressing(header, "To", findings);
  const action = addressing(header, "Action", findings);
  findings.check(URN_UUID.test(messageId), "wsa:InvalidAddressingHeader", "MessageID", "urn:uuid:<UUID> is expected");
  findings.check(to === expected.to, "wsa:DestinationUnreachable", "To", `${expected.to} is expected`);
  const known = expected.actions.includes(action);
  findings.check(known, "wsa:ActionMismatch", "Action", `${expected.actions.join(" or ")} is expected`);
  const actionHeader = only(header, NS.wsa, "Action");
  const must = actionHeader?.getAttributeNS(NS.soap, "mustUnderstand");
  findings.check(must === "true" || must === "1", REQUIRED, "Action", "soap:mustUnderstand is not set on it");

  const assertion = readSecurity(header, findings);
  const [payload, ...extra] = elements(body);
  if (payload === undefined || extra.length > 0)
    findings.add("soap:Sender", body, "the body holds exactly one element");
  if (assertion === undefined || payload === undefined) return undefined;
  return { messageId, action, assertion, payload };
}

function checkMustUnderstand(header: Element, findings: Findings): void {
  for (const block of elements(header)) {
    const must = block.getAttributeNS(NS.soap, "mustUnderstand");
    findings.check(
      !(must === "true" || must === "1") || UNDERSTOOD.has(block.namespaceURI ?? ""),
      "soap:MustUnderstand",
      block,
      "a header that must be understood is not",
    );
    findings.check(
      attribute(block, "mustUnderstand") === undefined,
      "soap:Sender",
      block,
      "mustUnderstand without namespace",
    );
  }
}

function addressing(header: Element, name: string, findings: Findings): string {
  const found = children(header, NS.wsa, name);
  if (found.length === 0) findings.add(REQUIRED, header, `${name} is missing`);
  if (found.length > 1) findings.add(CARDINALITY, header, `${name} is given ${found.length} times`);
  return textOf(found[0]);
}

function readSecurity(header: Element, findings: Findings): Element | undefined {
  const securities = children(header, NS.wsse, "Security");
  const inside = securities.flatMap(elements);
  const assertions = inside.filter((element) => is(element, NS.saml, "Assertion"));
  if (securities.length !== 1 || assertions.length !== 1) {
    const context = `${securities.length} Security and ${assertions.length} Assertion: exactly one of each is expected`;
    findings.add("wsse:InvalidSecurity", header, context);
    return undefined;
  }
  findings.check(inside.length === 1, "wsse:UnsupportedSecurityToken", header, "Security holds only the assertion");
  return assertions[0];
}
