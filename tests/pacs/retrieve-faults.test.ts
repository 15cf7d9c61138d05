import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { requestAssociation, StudyRoot, Verification } from "../../appliance/dimse/index.ts";
import type { RetrieveMethod } from "../../appliance/pacs/index.ts";
import { syntheticStudy } from "../../scripts/sandbox/studies.ts";
import { freePort } from "../support/dicom-peers.ts";
import { eventually } from "../support/dimse.ts";
import { digests, retrieveFrom, SHORT, type Site, type SiteOptions, site } from "./retrieving.ts";
import { cutAfter } from "./scripted-pacs.ts";

const METHODS: readonly RetrieveMethod[] = ["c-get", "c-move"];
const study = syntheticStudy({ series: [{ kind: "CT", images: 8, size: 256 }] });
const other = syntheticStudy({ patientID: "P0002", series: [{ kind: "CT", images: 4 }] });

type Row = readonly [what: string, options: Partial<SiteOptions>, code: string, taken: number];

/** What the PACS does, what is said of it, and how many instances were taken before. */
const FAULTS: readonly Row[] = [
  ["refuses with A702", { behaviour: { refuse: 0xa702 } }, "PACS_BUSY", 0],
  ["fails with C001", { behaviour: { refuse: 0xc001 } }, "PACS_FAILED", 0],
  ["stops in the first instance", { behaviour: { fault: { kind: "stall", after: 0 } } }, "PACS_TIMED_OUT", 0],
  ["stops in the fourth instance", { behaviour: { fault: { kind: "stall", after: 3 } } }, "PACS_TIMED_OUT", 3],
  ["breaks off in the first instance", { behaviour: { fault: { kind: "abort", after: 0 } } }, "PACS_INTERRUPTED", 0],
  ["breaks off in the fourth instance", { behaviour: { fault: { kind: "abort", after: 3 } } }, "PACS_INTERRUPTED", 3],
  ["sends objects of another study", { behaviour: { others: other.instances } }, "PACS_SENT_OTHERS", 0],
  ["sends nothing of what it has", { behaviour: { others: [] } }, "PACS_FAILED", 0],
  ["knows no way to send", { without: [StudyRoot.get, StudyRoot.move] }, "PACS_REFUSED", 0],
];

describe.each(METHODS)("a PACS that is asked by %s", (method) => {
  it.each(FAULTS)("and %s", async (_, options, code, taken) => {
    await using at = await site({ method, studies: [study], ...options, client: { timeouts: { busy: 300 } } });
    const before = resources();
    const { stored, broken, ...said } = await retrieveFrom(at.pacs, study);
    expect([said.code, stored.size]).toEqual([code, taken]);
    for (const reason of broken) expect(reason).toMatch(/^PACS_/);
    await at.quiet();
    await eventually(() => resources() <= before);
    await hasNothingLeft(at, options);
  });

  it("and that is not there", async () => {
    const port = await freePort();
    await using at = await site({ method, studies: [] });
    const nobody = at.pacsWith({ port });
    expect(await retrieveFrom(nobody, study)).toMatchObject({ code: "PACS_UNREACHABLE" });
  });

  it("and whose connection breaks anywhere is never taken for one that has nothing, nor for one that has sent all", async () => {
    await using at = await site({ method, studies: [study] });
    for (let bytes = 1; bytes < 3_000; bytes += 230) {
      await using relay = await cutAfter(at.archive.port, bytes);
      const { outcome, code, stored } = await retrieveFrom(at.pacsWith({ port: relay.port }), study);
      // By C-MOVE the images go another way: all of them may have come before the break.
      if (stored.size === 8) expect(outcome?.received).toBe(8);
      else expect(code).toMatch(/^PACS_(UNREACHABLE|INTERRUPTED)$/);
      await at.quiet();
    }
  }, 30_000);

  it("and is busy at first: it is asked again until it has time", async () => {
    await using at = await site({ method, studies: [study], behaviour: { refuse: 0xa702 } });
    const retrieving = retrieveFrom(at.pacs, study);
    await delay(300);
    at.archive.behave({});
    expect((await retrieving).outcome).toMatchObject({ received: 8 });
    await at.quiet();
  });

  it("and has no association left: it is asked again until it has one, for a bounded time", async () => {
    await using at = await site({ method, studies: [study], limits: { associations: 2 } });
    const hold = () =>
      requestAssociation({
        host: at.archive.host,
        port: at.archive.port,
        callingAETitle: "SOMEBODY",
        calledAETitle: at.archive.aeTitle,
        presentationContexts: [{ abstractSyntax: Verification, transferSyntaxes: ["1.2.840.10008.1.2"] }],
      });
    const [one, two] = [await hold(), await hold()];
    const hasty = at.pacsWith({ timeouts: { busy: 300 } });
    expect(await retrieveFrom(hasty, study)).toMatchObject({ code: "PACS_BUSY" });
    const retrieving = retrieveFrom(at.pacs, study);
    await delay(300);
    await one.release();
    expect(await retrieving).toMatchObject({ code: undefined, outcome: { received: 8 } });
    await two.release();
    await at.quiet();
  });

  it("takes too long in all", async () => {
    const client = { timeouts: { retrieve: 200 } };
    await using at = await site({ method, studies: [study], behaviour: { pause: 60 }, client });
    const { code, stored } = await retrieveFrom(at.pacs, study);
    expect(code).toBe("PACS_TIMED_OUT");
    expect(stored.size).toBeLessThan(8);
    await at.quiet();
  });

  it("and does not heed a cancellation: the association is ended for it", async () => {
    await using at = await site({ method, studies: [study], behaviour: { fault: { kind: "stall", after: 2 } } });
    const leave = new AbortController();
    let begun = 0;
    const retrieving = retrieveFrom(at.pacsWith({ timeouts: { network: 60_000, response: 60_000 } }), study, {
      signal: leave.signal,
      async store(_instance, data) {
        begun += 1;
        if (begun === 3) setTimeout(() => leave.abort(), 50);
        for await (const _ of data);
      },
    });
    expect(await retrieving).toMatchObject({ code: "PACS_CANCELLED" });
    await at.quiet();
  }, 15_000);
});

/** Timers and sockets of the process. */
function resources(): number {
  return process.getActiveResourcesInfo().filter((name) => /^(Timeout|TCPSocketWrap|TCPConnectWrap)$/.test(name))
    .length;
}

/** A turn, a move or an association that was kept would keep the next one from its images. */
async function hasNothingLeft(at: Site, options: Partial<SiteOptions>): Promise<void> {
  if (options.without !== undefined) return;
  at.archive.behave({});
  const one = { profile: { associations: 1 } };
  const patient = at.pacsWith({ ...one, timeouts: SHORT });
  expect((await retrieveFrom(patient, study)).stored).toEqual(digests(study));
  expect((await retrieveFrom(at.pacs, study)).stored).toEqual(digests(study));
  await at.quiet();
}
