/** Where the story is played: the site, its PACS, and ways to see what happened. */
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { createLogger } from "../../appliance/system/index.ts";
import { type SandboxPacs, startSandboxPacs } from "../sandbox/pacs.ts";
import { SITE } from "../sandbox/pki.ts";
import { TITLES } from "../sandbox/rejection-note.ts";
import {
  buildReportMessage,
  type MessageOptions,
  type ReportChanges,
  type SandboxReport,
  sandboxReport,
} from "../sandbox/ris.ts";
import { type Site, startSite } from "../sandbox/site.ts";

/** Retries are quick in a story: seconds where a site has minutes. */
const NOTES = { host: "127.0.0.1", aeTitle: "DRIMBOX" };
const QUICK = { retryFirstSeconds: 0.4, retryLongestSeconds: 2 };

export interface Stage {
  readonly site: Site;
  readonly pacs: SandboxPacs;
  /** What was on the wire between the box and the DMP, oldest first. */
  readonly exchanges: readonly { readonly request: Buffer; readonly contentType: string; readonly response: string }[];
  /** The messages sent and their acknowledgements, in order. */
  readonly messages: readonly Buffer[];
  readonly acks: readonly string[];
  /** Sends a report of the site as its RIS does; gives the acknowledgement. */
  report(changes: ReportChanges, controlId: string, options?: Partial<MessageOptions>): Promise<string>;
  /** The PACS rejects images of a study and says so to the box. */
  reject(studyInstanceUID: string, sopInstanceUIDs: readonly string[]): Promise<void>;
  send(message: Buffer): Promise<string>;
  close(): Promise<void>;
}

/** Starts everything below `folder`; the log of the box goes to `box.log` there. */
export async function openStage(folder: string): Promise<Stage> {
  const exchanges: Stage["exchanges"][number][] = [];
  const messages: Buffer[] = [];
  const acks: string[] = [];
  const logFile = createWriteStream(join(folder, "box.log"));
  const pacs = await startSandboxPacs({ port: 0, aeTitle: "PACS", studies: [] });
  const site = await startSite({
    folder,
    pacs: [{ host: "127.0.0.1", port: pacs.port, aeTitle: pacs.aeTitle }],
    settings: {
      source: QUICK,
      rejectionNotes: { ...NOTES, port: 0, senders: [{ aeTitle: pacs.aeTitle, address: "127.0.0.1" }] },
    },
    log: createLogger({ level: "info", write: (line) => logFile.write(line) }),
    onExchange: ({ body, contentType }, answer) =>
      exchanges.push({ request: body, contentType, response: answer.body }),
  });

  const stage: Stage = {
    site,
    pacs,
    exchanges,
    messages,
    acks,
    report: (changes, controlId, options) =>
      stage.send(buildReportMessage(siteReport(changes), { family: "ORU", controlId, ...options })),
    async reject(studyInstanceUID, sopInstanceUIDs) {
      const { port } = site.box.addresses.notes ?? { port: 0 };
      const to = { ...NOTES, port };
      const status = await pacs.reject(studyInstanceUID, { title: TITLES.quality, to, sopInstanceUIDs });
      if (status !== 0) throw new Error(`note de rejet refusée : ${status}`);
    },
    async send(message) {
      const ack = await site.send(message);
      messages.push(message);
      acks.push(ack);
      return ack;
    },
    async close() {
      await site.stop();
      await pacs.stop();
      logFile.end();
    },
  };
  return stage;
}

/** A report of the site whose certificates the sandbox has. */
function siteReport(changes: ReportChanges): SandboxReport {
  return sandboxReport({ ...changes, structure: { id: SITE.id, name: SITE.name, ...changes.structure } });
}
