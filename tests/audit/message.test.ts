import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DOMParser } from "@xmldom/xmldom";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type AuditEventName,
  applicationActivity,
  auditEvents,
  auditUsed,
  imagesSent,
  linkOpened,
  manifestSubmitted,
  messageRefused,
  noteReceived,
  type OperatorEvent,
  operatorAction,
  orderReceived,
  pacsQueried,
  professionalAuthenticated,
  recordQueried,
  reportReceived,
  securityAlert,
  toAuditMessage,
} from "../../appliance/audit/index.ts";
import type { NewAuditRecord } from "../../appliance/store/index.ts";
import { hasCommand } from "../support/peers.ts";
import { sharedSamples } from "../support/samples.ts";

const at = new Date("2026-11-25T08:00:00.123Z");
const source = { id: "drimbox-1", site: "1750099999", host: "drimbox.tilleuls.example", processId: 4242 };
const ris = { id: "RIS|TILLEULS", address: "192.0.2.7" };
const dmp = { id: "https://dmp.example/si-dmp-server/v2/services/repository", address: "dmp.example" };
const pacs = { id: "PACS1", address: "192.0.2.8" };
const browser = { id: "192.0.2.10", address: "192.0.2.10" };
const patients = [{ id: "279035121518989", authority: "1.2.250.1.213.1.4.10" }];
const users = [{ id: "899700218896", name: "Médecin 0021889" }];
const operator = [{ id: "dupont", name: 'Exploitant "de nuit" <& co>' }];
const studies = ["2.25.1", "2.25.2"];
const fault = {
  code: "DMP_REGISTRY_ERROR",
  retry: "human",
  message: "The record refused the submission (X<Y).",
} as const;
const about = { at, patients, users, studies };

const samples: Readonly<Record<Exclude<AuditEventName, "audit-begun" | "audit-purged">, NewAuditRecord>> = {
  "report-received": reportReceived({ ...about, peer: ris, controlId: "MSG1", documents: ["1.2.3"] }),
  "order-received": orderReceived({ at, peer: ris, controlId: "MSG2", studies }),
  "note-received": noteReceived({ at, peer: pacs, patients, studies: ["2.25.1"], documents: ["2.25.9"], instances: 1 }),
  "message-refused": messageRefused({ at, peer: ris, fault }),
  "manifest-published": manifestSubmitted({
    ...about,
    kind: "provide",
    peer: dmp,
    submissionSet: "2.25.5",
    instances: 400,
  }),
  "manifest-replaced": manifestSubmitted({ ...about, kind: "replace", peer: dmp, documents: ["2.25.8", "2.25.7"] }),
  "manifest-deleted": manifestSubmitted({ ...about, kind: "withdraw", peer: dmp, fault }),
  "record-queried": recordQueried({ ...about, peer: dmp }),
  "pacs-queried": pacsQueried({
    ...about,
    peer: pacs,
    identifier: Buffer.from("0800520006000000", "hex"),
    transferSyntax: "1.2.840.10008.1.2",
    found: 12,
  }),
  "images-sent": imagesSent({
    ...about,
    peer: { id: "C=FR, O=EXEMPLE, CN=db2.example", address: "192.0.2.9" },
    documents: ["2.25.8"],
    series: ["2.25.1.1"],
    instances: 12,
    missing: ["2.25.1.1.7"],
    bytes: 6_400_000,
  }),
  "link-opened": linkOpened({
    ...about,
    peer: browser,
    reader: "professional",
    documents: ["2.25.8"],
    series: ["2.25.1.1"],
    why: "study",
  }),
  "professional-login": professionalAuthenticated("professional-login", { at, users: operator, peer: browser, fault }),
  "professional-logout": professionalAuthenticated("professional-logout", { at, users: operator, peer: browser }),
  ...(Object.fromEntries(
    operatorEvents().map((event) => [
      event,
      operatorAction(event, { at, users: operator, studies, facts: { file: "a.zip" } }),
    ]),
  ) as Record<OperatorEvent, NewAuditRecord>),
  "application-started": applicationActivity("application-started", { at, version: "1.0" }),
  "application-stopped": applicationActivity("application-stopped", { at, users: operator, version: "1.0" }),
  "certificate-refused": securityAlert("certificate-refused", { at, peer: ris, fault }),
  "peer-refused": securityAlert("peer-refused", { at, peer: pacs, fault }),
  "audit-used": auditUsed("audit-used", { at, users: operator, patients, facts: { found: 3, failed: true } }),
  "audit-verified": auditUsed("audit-verified", { at, users: operator, facts: { records: 12 } }),
};
const stored: Readonly<Record<string, NewAuditRecord>> = {
  ...samples,
  "audit-begun": { at, event: "audit-begun", outcome: 0, facts: { installation: "6f0c" } },
  "audit-purged": { at, event: "audit-purged", outcome: 0, facts: { first: 1, last: 4, hash: "00" } },
  "of-another-version": { at, event: "of-another-version", outcome: 0 },
};
const message = (record: NewAuditRecord) => toAuditMessage({ ...record, seq: 1 }, source);

function operatorEvents(): OperatorEvent[] {
  const ours = /^(exam-|message-set|message-restored|message-replayed|job-|archive-|backup-|configuration-)/;
  return Object.keys(auditEvents).filter((event): event is OperatorEvent => ours.test(event));
}

describe("audit messages", () => {
  it("exist for every event of the trail", () => {
    expect(Object.keys(stored).sort()).toEqual([...Object.keys(auditEvents), "of-another-version"].sort());
  });

  const xsd = sharedSamples() && join(sharedSamples()!, "schemas/dicom-audit/dicom2017c.xsd");
  it.skipIf(xsd === undefined || !hasCommand("xmllint"))(
    "are valid by the schema of DICOM (needs ../shared and xmllint)",
    () => {
      const folder = mkdtempSync(join(tmpdir(), "audit-message-"));
      const files = Object.entries(stored).map(([event, record]) => {
        const file = join(folder, `${event}.xml`);
        writeFileSync(file, message(record));
        return file;
      });
      try {
        execFileSync("xmllint", ["--noout", "--nonet", "--schema", xsd!, ...files], { stdio: "pipe" });
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );

  it.each(Object.entries(stored))("name one requestor and the box: %s", (_event, record) => {
    const xml = message(record);
    expect(xml.match(/UserIsRequestor="true"/g)).toHaveLength(1);
    expect(xml.match(/AlternativeUserID="4242"/g)).toHaveLength(1);
  });

  it("tell a publication as IHE does: exported by us to the record, its patient, study, set and author", () => {
    const xml = message(samples["manifest-published"]);
    expect(xml).toContain(
      '<EventIdentification EventActionCode="R" EventDateTime="2026-11-25T08:00:00.123Z" EventOutcomeIndicator="0"><EventID csd-code="110106" codeSystemName="DCM" originalText="Export"/><EventTypeCode csd-code="ITI-41" codeSystemName="IHE Transactions"',
    );
    expect(xml).toContain(
      'UserID="DRIMbox" AlternativeUserID="4242" UserIsRequestor="true" NetworkAccessPointID="drimbox.tilleuls.example" NetworkAccessPointTypeCode="1"><RoleIDCode csd-code="110153"',
    );
    expect(xml).toContain(
      `UserID="${dmp.id}" UserIsRequestor="false" NetworkAccessPointID="dmp.example" NetworkAccessPointTypeCode="1"><RoleIDCode csd-code="110152"`,
    );
    expect(xml).toContain('ParticipantObjectID="279035121518989^^^&amp;1.2.250.1.213.1.4.10&amp;ISO"');
    expect(xml).toContain(
      'ParticipantObjectID="2.25.5" ParticipantObjectTypeCode="2" ParticipantObjectTypeCodeRole="20"',
    );
    expect(xml).toContain('ParticipantObjectIDTypeCode csd-code="110180"');
    expect(xml).toContain('UserID="899700218896" UserName="Médecin 0021889" UserIsRequestor="false"');
  });

  it("tell a report as imported, the RIS being the requestor, with its MSH-10", () => {
    const xml = message(samples["report-received"]);
    expect(xml).toContain('EventActionCode="C"');
    expect(xml).toContain('csd-code="110107"');
    expect(xml).toContain(
      'UserID="RIS|TILLEULS" UserIsRequestor="true" NetworkAccessPointID="192.0.2.7" NetworkAccessPointTypeCode="2"',
    );
    expect(xml).toContain(`type="MSH-10" value="${Buffer.from("MSG1").toString("base64")}"`);
  });

  it("say why something failed, and how badly", () => {
    expect(message(samples["manifest-deleted"])).toContain(
      'EventOutcomeIndicator="8"><EventID csd-code="110106" codeSystemName="DCM" originalText="Export"/>',
    );
    expect(message(samples["manifest-deleted"])).toContain(
      "<EventOutcomeDescription>DMP_REGISTRY_ERROR: The record refused the submission (X&lt;Y).</EventOutcomeDescription>",
    );
    expect(messageRefused({ at, peer: ris, fault: { ...fault, retry: "later" } }).outcome).toBe(4);
  });

  it("hold whatever a peer put into its fields", () => {
    const any = fc.string({ unit: "binary", minLength: 1, maxLength: 1 });
    const text = fc.string({ unit: fc.oneof(any, fc.constantFrom(..."\"'<>&]\n")), maxLength: 40 });
    fc.assert(
      fc.property(text, text, text, (id, name, controlId) => {
        const record = reportReceived({ at, peer: { id }, users: [{ id: name, name }], documents: [id], controlId });
        const errors: string[] = [];
        const xml = new DOMParser({
          onError: (level, text) => level !== "warning" && errors.push(text),
        }).parseFromString(message(record), "text/xml");
        expect(errors).toEqual([]);
        expect(xml.getElementsByTagName("ActiveParticipant")).toHaveLength(3);
      }),
      { numRuns: 300 },
    );
  });

  it("stay small whatever a record names", () => {
    const many = Array.from({ length: 5000 }, (_, n) => `2.25.${n}${"0".repeat(900)}`);
    const record = reportReceived({ at, peer: ris, studies: many, documents: many });
    expect(record.studies).toHaveLength(32);
    expect(message(record).length).toBeLessThan(64 * 1024);
  });
});
