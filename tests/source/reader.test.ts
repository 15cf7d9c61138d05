import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { createReader, type MessageReader, type ReadingOptions } from "../../appliance/source/intake/reader.ts";
import { buildReportMessage, sandboxReport } from "../../scripts/sandbox/ris.ts";

const peer = "127.0.0.1";
const site: ReadingOptions = { defaultCharset: () => "utf-8", timeZone: "Europe/Paris", environment: "test" };

describe("the reader of messages", () => {
  let reader: MessageReader;
  afterEach(() => reader.close());

  it("says who sent what, and reads it as it came", async () => {
    reader = createReader(site);
    const bytes = buildReportMessage(sandboxReport(), { family: "ORU", controlId: "M1" });
    const { sender, controlId, digest, refusal } = await reader.examine({ bytes, peer });
    expect({ sender, controlId, refusal, digest: digest.length }).toEqual({
      sender: "RIS-TILLEULS|IMAGERIE",
      controlId: "M1",
      refusal: undefined,
      digest: 32,
    });
    const received = await reader.read({ kind: "hl7", bytes, peer });
    expect(received).toMatchObject({ kind: "report", message: { patient: { identityStatus: ["VALI"] } } });
    expect(received.kind === "report" && received.header.effectiveTime).toBeInstanceOf(Date);
    // The caller's bytes are still his.
    expect(bytes.length).toBeGreaterThan(0);
  });

  it("gives a refusal its code, its place and its sentences back", async () => {
    reader = createReader(site);
    const bytes = buildReportMessage(sandboxReport(), {
      family: "ORU",
      controlId: "M1",
      fields: { "MSH-12": "3.0" },
    });
    const { refusal } = await reader.examine({ bytes, peer });
    expect(refusal).toMatchObject({ code: "HL7_VERSION", where: "MSH-12", retry: "never" });
    expect(refusal?.text("fr").length).toBeGreaterThan(10);
    const noCda = buildReportMessage(sandboxReport(), { family: "ORU", controlId: "M2", cda: Buffer.from("x") });
    await expect(reader.read({ kind: "hl7", bytes: noCda, peer })).rejects.toMatchObject({ code: "CDA_NOT_XML" });
  });

  it.each(["T", "D"])("refuses a message of kind %s on a production box", async (kind) => {
    reader = createReader({ ...site, environment: "production" });
    const bytes = buildReportMessage(sandboxReport(), { family: "ORU", controlId: "M1", fields: { "MSH-11": kind } });
    expect((await reader.examine({ bytes, peer })).refusal).toMatchObject({ code: "SOURCE_PROCESSING_ID" });
  });

  it("reads many at once, each for its sender", async () => {
    reader = createReader({ ...site, defaultCharset: (address) => (address === "latin" ? "latin1" : "utf-8") });
    const message = (charset: string, n: number) =>
      buildReportMessage(sandboxReport({ patient: { birthFamily: `ÉSSAI${n}` } }), {
        family: "ORU",
        controlId: `M${n}`,
        charset,
        fields: { "MSH-18": "" },
      });
    const names = await Promise.all(
      Array.from({ length: 20 }, async (_, n) => {
        const [bytes, from] = n % 2 === 0 ? [message("8859/1", n), "latin"] : [message("UNICODE UTF-8", n), "utf"];
        const received = await reader.read({ kind: "hl7", bytes, peer: from });
        return received.kind === "report" ? received.message.patient.familyName : undefined;
      }),
    );
    expect(names).toEqual(Array.from({ length: 20 }, (_, n) => `ÉSSAI${n}`));
  });

  it("answers for a thread that dies, and starts another only when there is something to read", async () => {
    const dying = new URL("data:text/javascript,process.exit(1)");
    let starts = 0;
    reader = createReader(site, () => {
      starts += 1;
      return dying;
    });
    const bytes = buildReportMessage(sandboxReport(), { family: "ORU", controlId: "M1" });
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(reader.examine({ bytes, peer })).rejects.toMatchObject({ code: "SOURCE_INTERNAL", retry: "later" });
      const before = starts;
      await sleep(200);
      expect(starts, "nothing to read, nothing to start").toBe(before);
    }
    expect(starts).toBeLessThanOrEqual(3);
  });
});
