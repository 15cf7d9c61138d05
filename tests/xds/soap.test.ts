import { describe, expect, it } from "vitest";
import { ACTION, element, soapEnvelope } from "../../appliance/xds/index.ts";

describe("a SOAP envelope", () => {
  const input = {
    action: ACTION.storedQuery,
    to: "https://dmp.example/registry?a=1&b=2",
    messageId: "urn:uuid:6f1c0b52-0000-4000-8000-000000000001",
    assertion: element("a", {}),
    body: element("b", {}),
  };

  it("is SOAP 1.2 with WS-Addressing, its action mandatory, the assertion its only token", () => {
    expect(soapEnvelope(input).replaceAll("><", ">\n<").split("\n")).toEqual([
      '<?xml version="1.0" encoding="UTF-8"?>',
      '<soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope" xmlns:wsa="http://www.w3.org/2005/08/addressing">',
      "<soap:Header>",
      "<wsa:MessageID>urn:uuid:6f1c0b52-0000-4000-8000-000000000001</wsa:MessageID>",
      "<wsa:To>https://dmp.example/registry?a=1&amp;b=2</wsa:To>",
      '<wsa:Action soap:mustUnderstand="true">urn:ihe:iti:2007:RegistryStoredQuery</wsa:Action>',
      '<wsse:Security xmlns:wsse="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd">',
      "<a/>",
      "</wsse:Security>",
      "</soap:Header>",
      "<soap:Body>",
      "<b/>",
      "</soap:Body>",
      "</soap:Envelope>",
    ]);
  });

  it("spells out the anonymous ReplyTo when asked", () => {
    const reply =
      "<wsa:ReplyTo><wsa:Address>http://www.w3.org/2005/08/addressing/anonymous</wsa:Address></wsa:ReplyTo>";
    expect(soapEnvelope({ ...input, replyTo: true })).toContain(reply);
  });
});
