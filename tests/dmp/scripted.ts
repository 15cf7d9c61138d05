import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { NS, STATUS } from "../../appliance/xds/index.ts";
import type { TestCertificate } from "../support/certificates.ts";

/* A record that plays a script, and what a record may answer. */

export interface Received {
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}
export type Reply = (request: Received, response: ServerResponse, socket: TLSSocket) => void;

/** A server that wants our certificate and plays the next reply of its script. */
export class ScriptedDmp {
  readonly received: Received[] = [];
  script: Reply[] = [];
  readonly server: Server;

  constructor(identity: TestCertificate, trusted: readonly string[]) {
    this.server = createServer(
      {
        key: readFileSync(identity.keyFile),
        cert: readFileSync(identity.certificateFile),
        ca: [...trusted],
        requestCert: true,
      },
      async (request, response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk);
        const received = { url: request.url ?? "", headers: request.headers, body: Buffer.concat(chunks) };
        this.received.push(received);
        this.script.shift()?.(received, response, request.socket as TLSSocket);
      },
    );
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return (this.server.address() as AddressInfo).port;
  }
}

const RS = "urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0";
const soap = (body: string) => `<s:Envelope xmlns:s="${NS.soap}"><s:Body>${body}</s:Body></s:Envelope>`;
export const SUCCESS = soap(
  `<n2:RegistryResponse xmlns:n2="${RS}" status="urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Success"/>`,
);
export const failure = (...codes: string[]) =>
  soap(
    `<r:RegistryResponse xmlns:r="${RS}" status="urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Failure"><r:RegistryErrorList>${codes
      .map(
        (code) =>
          `<r:RegistryError errorCode="${code}" codeContext="patient 285017500000130" severity="urn:oasis:names:tc:ebxml-regrep:ErrorSeverityType:Error"/>`,
      )
      .join("")}</r:RegistryErrorList></r:RegistryResponse>`,
  );
export const fault = (code: string, subcode: string, reason: string) =>
  soap(
    `<s:Fault><s:Code><s:Value>s:${code}</s:Value><s:Subcode><s:Value>w:${subcode}</s:Value></s:Subcode></s:Code><s:Reason><s:Text>${reason}</s:Text></s:Reason></s:Fault>`,
  );

/** One version of a document, as GetDocuments returns it. */
export interface Version {
  readonly entryUUID?: string;
  readonly uniqueId?: string;
  readonly status?: string;
  readonly hash?: string;
  readonly patient?: string;
}
const version = ({
  entryUUID = "urn:uuid:e1",
  uniqueId = "2.25.2001",
  status,
  hash = "",
  patient = PATIENT,
}: Version) =>
  `<ExtrinsicObject id="${entryUUID}" status="${status ?? STATUS.approved}">
    <Slot name="hash"><ValueList><Value>${hash}</Value></ValueList></Slot>
    <ExternalIdentifier id="a" registryObject="${entryUUID}" identificationScheme="urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427" value="${patient.replaceAll("&", "&amp;")}"/>
    <ExternalIdentifier id="b" registryObject="${entryUUID}" identificationScheme="urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab" value="${uniqueId}"/>
    </ExtrinsicObject>`;
export const found = (...versions: Version[]) =>
  soap(`<q:AdhocQueryResponse xmlns:q="${NS.query}" status="urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Success">
    <RegistryObjectList xmlns="${NS.rim}">${versions.map(version).join("")}</RegistryObjectList></q:AdhocQueryResponse>`);

export const answer =
  (status: number, type: string, body: string | Buffer, headers: Record<string, string> = {}): Reply =>
  (_, response) =>
    response.writeHead(status, { "content-type": type, ...headers }).end(body);
export const plain = (body: string, status = 200) => answer(status, "application/soap+xml; charset=utf-8", body);
export const mtom = (body: string) =>
  answer(
    200,
    'multipart/related; type="application/xop+xml"; boundary="uuid:1"; start="<root.message@cxf.apache.org>"; start-info="application/soap+xml"',
    `\r\n--uuid:1\r\nContent-Type: application/xop+xml; charset=UTF-8; type="application/soap+xml"\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <root.message@cxf.apache.org>\r\n\r\n${body}\r\n--uuid:1--`,
  );

export const PATIENT = "285017500000130^^^&1.2.250.1.213.1.4.10&ISO^NH";
