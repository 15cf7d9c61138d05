/** What a reader may check for himself: the files of the first report, as they were on the wire. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FIRST_STUDY } from "./scenes.ts";
import type { Stage } from "./stage.ts";

/** Writes ack.hl7, kos.dcm, iti41-request.bin, iti41-response.xml and timeline.json. */
export async function writeEvidence(stage: Stage, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const { exam, timeline } = await stage.site.examOf(FIRST_STUDY, () => true);
  const [ack] = stage.acks;
  const [exchange] = stage.exchanges;
  if (ack === undefined || exchange === undefined) throw new Error("aucun échange à écrire");
  writeFileSync(join(folder, "ack.hl7"), ack);
  writeFileSync(join(folder, "kos.dcm"), await stage.site.api("GET", `/exams/${exam.id}/manifest`));
  const headers = `Content-Type: ${exchange.contentType}\r\nContent-Length: ${exchange.request.length}\r\n\r\n`;
  writeFileSync(join(folder, "iti41-request.bin"), Buffer.concat([Buffer.from(headers), exchange.request]));
  writeFileSync(join(folder, "iti41-response.xml"), soapPart(exchange.response));
  writeFileSync(join(folder, "timeline.json"), `${JSON.stringify({ exam, timeline }, undefined, 2)}\n`);
}

/** The envelope of an answer, out of its MIME package if it has one. */
function soapPart(answer: string): string {
  const start = answer.search(/<(?:\w[\w.-]*:)?Envelope[\s>]/);
  const end = answer.lastIndexOf("Envelope>");
  return start < 0 || end < 0 ? answer : answer.slice(start, end + "Envelope>".length);
}
