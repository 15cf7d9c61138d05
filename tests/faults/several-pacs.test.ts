/** A site with two PACS, each with its own patient identifiers and accession numbers (DB.SO.04). */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readManifest } from "../../appliance/kos/index.ts";
import { type SandboxPacs, startSandboxPacs } from "../../scripts/sandbox/pacs.ts";
import { SANDBOX_ROOT, type SandboxStudy } from "../../scripts/sandbox/ris.ts";
import { type Site, startSite } from "../../scripts/sandbox/site.ts";
import { Line } from "./line.ts";
import { images, order, type Person, person, reportMessage } from "./people.ts";
import { eventually, QUICK } from "./practice.ts";

/** Domains of the patient identifiers and of the accession numbers, by PACS. */
const FIRST = { patient: `${SANDBOX_ROOT}.10`, accession: `${SANDBOX_ROOT}.11` } as const;
const SECOND = { patient: `${SANDBOX_ROOT}.40`, accession: `${SANDBOX_ROOT}.41` } as const;

describe("a site with two PACS", () => {
  const folder = mkdtempSync(join(tmpdir(), "several-"));
  let first: SandboxPacs;
  let second: SandboxPacs;
  let line: Line;
  let site: Site;
  let last = 0;

  beforeAll(async () => {
    [first, second] = [await startSandboxPacs(), await startSandboxPacs()];
    line = new Line();
    await line.leadTo("mute");
    await line.leadTo(second);
    const known = (pacs: { readonly host: string; readonly port: number }, { patient, accession }: Domains) => ({
      ...{ host: pacs.host, port: pacs.port, aeTitle: "PACS", timeoutSeconds: 1 },
      ...{ patientDomains: [patient], accessionDomains: [accession] },
    });
    const pacs = [known(first, FIRST), known({ host: "127.0.0.1", port: line.port }, SECOND)];
    site = await startSite({ folder, pacs, settings: { source: QUICK, dmp: { perMinute: 60_000 } } });
  });
  afterAll(async () => {
    await site.stop();
    await Promise.all([first.stop(), second.stop(), line.leadTo("off")]);
    rmSync(folder, { recursive: true, force: true });
  });

  interface Domains {
    readonly patient: string;
    readonly accession: string;
  }

  /** A patient known to both PACS, and an exam whose accession number is of `domain`. */
  function newCase(domain: Domains): { patient: Person; study: SandboxStudy; name: string; elsewhere: string } {
    last += 1;
    const name = `P${last}`;
    const known = person(last);
    const elsewhere = `OTHER-${last}`;
    const localIds = [...known.localIds, { value: elsewhere, oid: SECOND.patient }];
    const { accession, ...study } = order(name);
    const numbered = { ...study, accession: { ...accession, root: domain.accession } };
    return { patient: { ...known, localIds }, study: numbered, name, elsewhere };
  }

  async function report({ patient, study, name }: ReturnType<typeof newCase>): Promise<void> {
    expect(await site.send(reportMessage(patient, [study], name))).toContain(`\rMSA|AA|${name}`);
  }

  const reaches = ({ study }: ReturnType<typeof newCase>, state: string) =>
    site.examOf(study.studyInstanceUID, ({ exam }) => exam.state === state);

  const manifestOf = ({ study }: ReturnType<typeof newCase>) => {
    const held = site.dmp.approvedManifests(study.studyInstanceUID);
    expect(held).toHaveLength(1);
    return readManifest(held[0]?.content as Buffer);
  };

  it("asks the one whose accession number it is, and speaks of the patient as that one does", async () => {
    const here = newCase(FIRST);
    first.add(images(here.patient, here.study));
    await report(here);
    const { exam } = await reaches(here, "published");
    expect(exam.ipp).toBe(here.patient.ipp);

    const there = newCase(SECOND);
    second.add(images(there.patient, there.study, { patientID: there.elsewhere }));
    await report(there);
    expect((await reaches(there, "published")).exam.ipp).toBe(there.elsewhere);
    expect(manifestOf(there).studies[0]?.studyInstanceUID).toBe(there.study.studyInstanceUID);
  });

  it("does not take the images of a PACS where the same number is of somebody else", async () => {
    const one = newCase(SECOND);
    // The same study and number by chance, in the PACS that the report does not speak of.
    first.add(images(one.patient, one.study, { series: [{ kind: "CT", images: 5 }] }));
    await report(one);
    await eventually(
      async () => (await reaches(one, "searching")).timeline.some(({ kind }) => kind === "absent"),
      "absent",
    );
    second.add(images(one.patient, one.study, { patientID: one.elsewhere }));
    await reaches(one, "published");
    expect(manifestOf(one).studies.flatMap(({ series }) => series)).toHaveLength(1);
    expect(manifestOf(one).studies[0]?.series[0]?.instances).toHaveLength(2);
  });

  it("parks the image that a PACS files under the number of the other", async () => {
    const one = newCase(SECOND);
    second.add(images(one.patient, one.study));
    await report(one);
    expect((await reaches(one, "parked")).exam.code).toBe("SOURCE_IPP_MISMATCH");
  });

  it("parks the report whose numbers are of no PACS", async () => {
    const one = newCase({ patient: FIRST.patient, accession: `${SANDBOX_ROOT}.99` });
    await report(one);
    expect((await reaches(one, "parked")).exam.code).toBe("SOURCE_NO_PACS_FOR_DOMAIN");
  });

  it("publishes from the one while the other is silent, and concludes nothing of the other", async () => {
    await line.leadTo("mute");
    const [here, there] = [newCase(FIRST), newCase(SECOND)];
    first.add(images(here.patient, here.study));
    second.add(images(there.patient, there.study, { patientID: there.elsewhere }));
    await report(there);
    await report(here);
    await reaches(here, "published");
    await eventually(
      async () => (await reaches(there, "searching")).timeline.some(({ kind }) => kind === "fault"),
      "fault",
    );
    expect(site.dmp.history(there.study.studyInstanceUID)).toEqual([]);
    await line.leadTo(second);
    await reaches(there, "published");
    expect(site.dmp.doubles()).toEqual([]);
  });
});
