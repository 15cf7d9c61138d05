import { NS } from "./names.ts";
import { element, type Markup } from "./xml-write.ts";

interface EnvelopeInput {
  /** A WS-Addressing action of `ACTION`. */
  readonly action: string;
  readonly to: string;
  /** `urn:uuid:...`, new for each attempt. */
  readonly messageId: string;
  /** The signed SAML assertion. */
  readonly assertion: Markup;
  readonly body: Markup;
  /** Spells out the anonymous ReplyTo, which WS-Addressing implies. */
  readonly replyTo?: boolean;
}

/** A SOAP 1.2 envelope with WS-Addressing 1.0 and the assertion as only security token (ITI TF-2 appendix V). */
export function soapEnvelope({ action, to, messageId, assertion, body, replyTo }: EnvelopeInput): string {
  const anonymous = element("wsa:ReplyTo", {}, element("wsa:Address", {}, `${NS.wsa}/anonymous`));
  const envelope = element(
    "soap:Envelope",
    { "xmlns:soap": NS.soap, "xmlns:wsa": NS.wsa },
    element(
      "soap:Header",
      {},
      element("wsa:MessageID", {}, messageId),
      element("wsa:To", {}, to),
      element("wsa:Action", { "soap:mustUnderstand": "true" }, action),
      replyTo ? anonymous : undefined,
      element("wsse:Security", { "xmlns:wsse": NS.wsse }, assertion),
    ),
    element("soap:Body", {}, body),
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n${envelope.xml}`;
}
