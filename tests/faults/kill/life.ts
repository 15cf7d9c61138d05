/**
 * One patient's way through imaging, as the dice have it, seen from outside the box: what the RIS and the PACS do and say,
 * and what the record must hold in the end, by that alone.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { derivedUID } from "../../../appliance/dicom/index.ts";
import { noteOn } from "../../../scripts/sandbox/pacs/iocm.ts";
import type { SandboxPacs } from "../../../scripts/sandbox/pacs.ts";
import { TITLES, type Title, type WrittenNote } from "../../../scripts/sandbox/rejection-note.ts";
import {
  buildOrderMessage,
  buildReportMessage,
  nextVersion,
  type ReportChanges,
  type SandboxReport,
  type SandboxStudy,
  sandboxReport,
} from "../../../scripts/sandbox/ris.ts";
import type { SeriesPlan, SyntheticInstance } from "../../../scripts/sandbox/studies.ts";
import { images, order, type Person, person, recordOf } from "../people.ts";
import type { Random } from "../random.ts";
import type { Wanted } from "./record.ts";

export interface Surroundings {
  readonly archive: Pick<SandboxPacs, "add" | "remove">;
  /** Sends until it is acknowledged; gives the acknowledgement. */
  deliver(message: Buffer, controlId: string): Promise<string>;
  /** Sends a rejection note until it is answered by success. */
  tell(note: WrittenNote): Promise<void>;
  /** Waits until the record holds this; false when that takes too long. */
  holds(wanted: readonly Wanted[]): Promise<boolean>;
}

/** A study as the PACS has it. */
interface Filed {
  readonly study: SandboxStudy;
  plan: readonly SeriesPlan[];
  listed: readonly SyntheticInstance[];
  rejected: readonly SyntheticInstance[];
}

interface Act {
  readonly name: string;
  readonly possible: boolean;
  readonly carryOut: () => Promise<void>;
}

const FLAGS = ["MASQUE_PS", "INVISIBLE_PATIENT", "INVISIBLE_REP_LEGAUX"] as const;
/** How the record names them. */
const VISIBILITY = ["MASQUE_PS", "INVISIBLE_PATIENT", "INVISIBLE_REPRESENTANTS_LEGAUX"] as const;
const REJECTIONS = [TITLES.quality, TITLES["patient-safety"], TITLES["wrong-worklist"], TITLES["retention-expired"]];
const FIRST_SERIES: SeriesPlan = { kind: "CT", images: 2 };

export class Life {
  readonly #around: Surroundings;
  readonly #dice: Random;
  readonly #number: number;
  readonly #filed: readonly Filed[];
  #patient: Person;
  /** Those that stand, by their document id. */
  readonly #reports = new Map<string, SandboxReport>();
  #documents = 0;
  #messages = 0;
  #ordered = false;
  /** Kept once the images are in the PACS. */
  #archived: Promise<void> = Promise.resolve();
  /** What happened, in order. */
  readonly story: string[] = [];

  /** `number` (1 to 399,999) tells it from all others. */
  constructor(number: number, around: Surroundings, dice: Random) {
    this.#number = number;
    this.#around = around;
    this.#dice = dice;
    this.#patient = person(number);
    this.#filed = Array.from({ length: dice.pick([1, 1, 1, 2, 3]) }, (_, index) => ({
      study: order(`${number}-${index}`),
      plan: [FIRST_SERIES],
      listed: [],
      rejected: [],
    }));
  }

  async live(): Promise<void> {
    if (this.#dice.chance(0.3)) await this.#order("create");
    this.#archive();
    await this.#report("report");
    for (let left = this.#dice.pick([0, 1, 2, 3, 4]); left > 0; left--) {
      const published = await this.#rest();
      const [first, ...others] = this.#acts(published).filter(({ possible }) => possible);
      if (first === undefined) break;
      await this.#dice.pick([first, ...others]).carryOut();
    }
    await this.#archived;
  }

  /** What the record must hold of its studies, by what was reported and what the PACS has. */
  wanted(): Wanted[] {
    return this.#filed.map(({ study, listed }) => {
      const { studyInstanceUID } = study;
      const reports = [...this.#reports.values()].filter(
        ({ studies, flags }) => flags.DESTDMP === "Y" && studies.includes(study),
      );
      const hidden = VISIBILITY.filter((_, index) => reports.some(({ flags }) => flags[FLAGS[index] ?? ""] === "Y"));
      const facts = { life: this.#number, story: this.story, studyInstanceUID };
      if (reports.length === 0) return facts;
      if (listed.length === 0) return { ...facts, awaited: true };
      const manifest = {
        patientId: recordOf(this.#patient),
        instances: listed.map(({ sopInstanceUID }) => sopInstanceUID).sort(),
        visibility: [...hidden].sort(),
      };
      return { ...facts, manifest };
    });
  }

  /** What may happen next, as things stand; `published` when the record has just come to hold what it must. */
  #acts(published: boolean): Act[] {
    const [filed] = this.#filed as [Filed, ...Filed[]];
    const latest = [...this.#reports.values()].at(-1);
    const reported = latest !== undefined;
    const imaged = this.#filed.every(({ listed }) => listed.length > 0);
    const untouched = this.#filed.every(({ rejected }) => rejected.length === 0);
    const act = (name: string, possible: boolean, carryOut: () => Promise<void>): Act => ({
      name,
      possible,
      carryOut: async () => {
        this.story.push(name);
        await carryOut();
      },
    });
    const correct = (changes: Partial<SandboxReport> = {}) =>
      this.#send(nextVersion(latest as SandboxReport, changes), "replace");
    const flagged = (flags: SandboxReport["flags"]) => correct({ flags: { ...latest?.flags, ...flags } });
    return [
      act("correction", reported && imaged, correct),
      act("visibility", reported && imaged, () => flagged({ ...this.#visibility(), MODIF_CONF_CODE: "Y" })),
      act("not for the DMP", reported && imaged, () => flagged({ DESTDMP: "N" })),
      act("for the DMP", latest?.flags.DESTDMP === "N" && imaged, () => flagged({ DESTDMP: "Y" })),
      act("fewer studies", (latest?.studies.length ?? 0) > 1 && imaged, () =>
        correct({ studies: latest?.studies.slice(0, -1) ?? [] }),
      ),
      act("deletion", reported, () => this.#send(latest as SandboxReport, "delete")),
      act("report again", !reported && imaged, () => this.#report()),
      act("second report", this.#reports.size === 1 && imaged, () =>
        this.#report(undefined, { studies: [filed.study] }),
      ),
      act("order", true, () => this.#order(this.#dice.pick(["create", "change"]))),
      act("images added", reported && imaged && untouched && published, async () => this.#addImages(filed)),
      act("part rejected", filed.listed.length > 1, () => this.#reject(filed, filed.listed.slice(-1))),
      act("all rejected", filed.listed.length > 0, () => this.#reject(filed, filed.listed)),
      act("restored", filed.rejected.length > 0, () => this.#restore(filed)),
      act("moved", this.#reports.size === 1 && imaged && untouched && !this.#ordered, () =>
        this.#move(latest as SandboxReport),
      ),
    ];
  }

  /** The images come now, or a little later. */
  #archive(): void {
    for (const filed of this.#filed) filed.listed = this.#made(filed);
    const show = () => {
      for (const filed of this.#filed) this.#show(filed);
    };
    if (this.#dice.chance(0.6)) show();
    else {
      this.story.push("images late");
      this.#archived = sleep(this.#dice.between(20, 1500)).then(show);
    }
  }

  #made({ study, plan }: Filed): readonly SyntheticInstance[] {
    return images(this.#patient, study, { series: plan }).instances;
  }

  /** Puts a study into the PACS under the patient of now, as it was planned. */
  #file(filed: Filed): void {
    filed.listed = this.#made(filed);
    this.#show(filed);
  }

  /** Nothing happens in between: the PACS is asked before or after. */
  #show({ study: { studyInstanceUID }, listed }: Filed): void {
    this.#around.archive.remove(studyInstanceUID);
    this.#around.archive.add({ studyInstanceUID, instances: listed });
  }

  async #report(name?: string, changes: ReportChanges = {}): Promise<void> {
    if (name !== undefined) this.story.push(name);
    const document = `${this.#number}-${++this.#documents}`;
    const report = sandboxReport({
      id: { root: derivedUID(`report ${document}`) },
      setId: { root: derivedUID(`set ${document}`) },
      studies: this.#filed.map(({ study }) => study),
      ...changes,
      flags: this.#dice.chance(0.2) ? this.#visibility() : {},
      patient: this.#patient,
    });
    await this.#send(report, "create");
  }

  #visibility(): Record<string, "Y" | "N"> {
    return Object.fromEntries(FLAGS.map((flag) => [flag, this.#dice.chance(0.4) ? "Y" : "N"]));
  }

  async #send(report: SandboxReport, action: "create" | "replace" | "delete"): Promise<void> {
    const family = this.#dice.pick(["ORU", "MDM"] as const);
    const again = this.#dice.chance(0.1) ? 2 : 1;
    for (let time = 0; time < again; time++) {
      const controlId = this.#controlId();
      await this.#deliver(buildReportMessage(report, { family, action, controlId }), controlId);
    }
    this.#reports.delete((action === "replace" ? report.replaces : report.id)?.root ?? "");
    if (action !== "delete") this.#reports.set(report.id.root, report);
  }

  async #order(action: "create" | "change"): Promise<void> {
    this.#ordered = true;
    const controlId = this.#controlId();
    const facts = sandboxReport({ patient: this.#patient, studies: this.#filed.map(({ study }) => study) });
    await this.#deliver(buildOrderMessage(facts, { controlId, action }), controlId);
  }

  #controlId(): string {
    this.#messages += 1;
    return `RIS-${this.#number}-${this.#messages}`;
  }

  async #deliver(message: Buffer, controlId: string): Promise<void> {
    const answer = await this.#around.deliver(message, controlId);
    if (!this.#dice.chance(0.2)) return;
    const same = await this.#around.deliver(message, controlId);
    if (same !== answer) throw new Error(`two answers to one message:\n${answer}\n${same}`);
  }

  /** The modality sends another series just after the manifest is out: only a later look can find it. */
  #addImages(filed: Filed): void {
    filed.plan = [...filed.plan, { kind: "MR", images: 1 }];
    this.#file(filed);
  }

  async #reject(filed: Filed, instances: readonly SyntheticInstance[]): Promise<void> {
    await this.#archived;
    filed.listed = filed.listed.filter((one) => !instances.includes(one));
    filed.rejected = [...filed.rejected, ...instances];
    this.#show(filed);
    const [first, ...others] = REJECTIONS as [Title, ...Title[]];
    await this.#around.tell(noteOn(filed.study.studyInstanceUID, instances, this.#dice.pick([first, ...others])));
  }

  async #restore(filed: Filed): Promise<void> {
    const instances = filed.rejected;
    filed.listed = [...filed.listed, ...instances];
    filed.rejected = [];
    this.#show(filed);
    await this.#around.tell(noteOn(filed.study.studyInstanceUID, instances, TITLES.restored));
  }

  /** It was another patient: the report is taken back, the PACS files the images anew, the report is sent again. */
  async #move(report: SandboxReport): Promise<void> {
    await this.#archived;
    await this.#send(report, "delete");
    this.#patient = person(this.#number + 500_000);
    for (const filed of this.#filed) this.#file(filed);
    await this.#rest();
    await this.#report(undefined, { studies: report.studies });
  }

  /** Nothing happens for a while; true when it was until the record held what it must. */
  async #rest(): Promise<boolean> {
    if (this.#dice.chance(0.3)) return false;
    if (this.#dice.chance(0.5)) {
      await sleep(this.#dice.between(20, 1500));
      return false;
    }
    await this.#archived;
    return this.#around.holds(this.wanted());
  }
}
