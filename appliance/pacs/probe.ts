import { asCoded, CodedError, silent } from "../base/index.ts";
import { DataSet, newUID, Tags } from "../dicom/index.ts";
import { type Association, PatientRoot, StudyRoot, Verification } from "../dimse/index.ts";
import { isUndeclared, uidOf } from "./answers.ts";
import { type Connection, connection, contextsOf } from "./connection.ts";
import { fault } from "./errors.ts";
import { type Finding, failed } from "./finding.ts";
import { completeStudy, isIncomplete } from "./headers.ts";
import { countOf, type FoundStudy } from "./model.ts";
import { bounded, type PacsOptions } from "./pacs.ts";
import { type FindingCode, finding } from "./probe-findings.ts";
import { probeRetrieval, type Sample, sampleOf } from "./probe-retrieve.ts";
import { defaultProfile, type PacsProfile } from "./profile.ts";
import { query } from "./queries.ts";
import { Search, searched } from "./search.ts";

/** All of a probe, in milliseconds: a person waits for it. */
const PROBE_TIMEOUT = 60_000;

const DAY = 86_400_000;

export interface ProbeOptions extends PacsOptions {
  /** A study to read; otherwise one of today or yesterday is looked for. */
  readonly studyInstanceUID?: string;
  readonly now?: () => Date;
  readonly signal?: AbortSignal;
}

export interface ProbeResult {
  /** The profile that suits the PACS: the one given, corrected by what was found. */
  readonly profile: PacsProfile;
  readonly findings: readonly Finding[];
}

/**
 * Asks a PACS what it can do, and says it in sentences: whether it knows us, what it lets us do, whether its answers can be
 * relied upon, which ways it has to send an image. It stores nothing, changes nothing, reads no more than one study, and has
 * one image of it sent in each way. Never throws for what the PACS does: that is a finding.
 */
export async function probePacs(options: ProbeOptions): Promise<ProbeResult> {
  const probe = new Probe(options);
  await probe.run();
  return { profile: probe.profile, findings: probe.findings };
}

class Probe {
  readonly findings: Finding[] = [];
  profile: PacsProfile;
  readonly #options: ProbeOptions;
  readonly #signal: AbortSignal;
  readonly #associated: Connection;
  #canGet = false;
  #canMove = false;
  #sample: Sample | undefined;

  constructor(options: ProbeOptions) {
    this.#options = options;
    this.profile = { ...defaultProfile, ...options.profile };
    this.#signal = bounded(options.timeouts?.search ?? PROBE_TIMEOUT, options);
    this.#associated = connection(options, this.profile, options.timeouts ?? {});
  }

  async run(): Promise<void> {
    // Each step says whether the next one makes sense.
    const steps = [
      () => this.#services(),
      () => this.#absence(),
      () => this.#study(),
      () => this.#retrieval(),
      () => this.#associations(),
    ];
    for (const step of steps) {
      if (!(await this.#attempt(step))) return;
    }
  }

  async #attempt(step: () => Promise<boolean>): Promise<boolean> {
    try {
      return await step();
    } catch (error) {
      const { name } = this.#options;
      const details = { pacs: name, step: "probe" };
      this.findings.push(failed(asCoded(error, (cause) => fault("PACS_INTERRUPTED", { details, cause }))));
      return false;
    }
  }

  #say(code: FindingCode, details: Readonly<Record<string, string | number>> = {}): void {
    this.findings.push(finding(code, details));
  }

  /** Verification, and what of Query/Retrieve it accepts from us. */
  #services(): Promise<boolean> {
    const services = contextsOf(Verification, ...Object.values(StudyRoot), ...Object.values(PatientRoot));
    return this.#associated(services, this.#signal, async (association) => {
      await association.echo({ signal: this.#signal });
      this.#say("PROBE_ANSWERS");
      this.#canGet = association.accepts(StudyRoot.get);
      this.#canMove = association.accepts(StudyRoot.move);
      const canFind = association.accepts(StudyRoot.find);
      if (!canFind)
        this.#say(association.accepts(PatientRoot.find) ? "PROBE_PATIENT_ROOT_ONLY" : "PROBE_NO_STUDY_ROOT");
      if (this.#canGet) this.#say("PROBE_GET");
      if (this.#canMove) this.#say("PROBE_MOVE");
      if (!this.#canGet && !this.#canMove && this.#options.wado === undefined) this.#say("PROBE_NO_RETRIEVE");
      return canFind;
    });
  }

  /** A study that nobody has must be answered by a success without match: that is all that an absence is known by. */
  async #absence(): Promise<boolean> {
    const ask = (profile: PacsProfile) =>
      this.#find((association) => this.#first(association, query("STUDY", profile, newUID())));
    let answered: DataSet | undefined;
    try {
      answered = await ask(this.profile);
    } catch (error) {
      const failure = error instanceof CodedError && error.code === "PACS_FAILED";
      if (!failure || !this.profile.issuerOID) throw error;
      const simpler = { ...this.profile, issuerOID: false };
      answered = await ask(simpler);
      this.profile = simpler;
      this.#say("PROBE_ISSUER_REFUSED");
    }
    this.#say(answered === undefined ? "PROBE_ABSENCE_CLEAR" : "PROBE_ABSENCE_UNCLEAR");
    return true;
  }

  /** What it says of one study. */
  async #study(): Promise<boolean> {
    const uid = this.#options.studyInstanceUID ?? (await this.#find((association) => this.#recent(association)));
    if (uid === undefined) {
      this.#say("PROBE_NO_STUDY");
      return true;
    }
    const { name, limits, log = silent } = this.#options;
    const archive = searched({ name, profile: { ...this.profile, trustedCounts: true }, limits, log });
    const started = performance.now();
    const study = await this.#find((association) => new Search(association, archive, uid, this.#signal).study());
    if (study === undefined) {
      this.#say("PROBE_STUDY_ABSENT");
      return true;
    }
    this.#sample = sampleOf(study) ?? (await this.#sampleByHeaders(study));
    const listed = countOf(study);
    const milliseconds = Math.round(performance.now() - started);
    this.#say("PROBE_STUDY_READ", { series: study.series.length, instances: listed, milliseconds });
    if (study.patientID === "") this.#say("PROBE_NO_PATIENT_ID");
    if (study.accessionNumber === "") this.#say("PROBE_NO_ACCESSION");
    if (study.issuerOfPatientID === undefined && study.patientIDIssuerOID === undefined) this.#say("PROBE_NO_ISSUER");
    if (isIncomplete(study)) this.#say(this.#canGet ? "PROBE_NO_SOP_CLASS" : "PROBE_NO_SOP_CLASS_NO_GET");
    const { expectedInstances: counted } = study;
    if (counted === undefined) this.#say("PROBE_NO_COUNT");
    else if (counted !== listed) this.#say("PROBE_COUNT_DIFFERS", { counted, listed });
    await this.#characterSet(uid);
    return true;
  }

  /** Of a PACS that does not give the classes: those of the first series are read in its headers. */
  async #sampleByHeaders(study: FoundStudy): Promise<Sample | undefined> {
    if (!this.#canGet) return undefined;
    const first = { ...study, series: study.series.slice(0, 1) };
    return sampleOf(await completeStudy(this.#associated, first, this.#signal, silent).catch(() => first));
  }

  async #characterSet(uid: string): Promise<void> {
    if (this.profile.characterSet !== undefined) return;
    const answer = await this.#find((association) => this.#first(association, query("STUDY", this.profile, uid)));
    if (answer === undefined || !isUndeclared(answer)) return;
    this.profile = { ...this.profile, characterSet: "ISO_IR 100" };
    this.#say("PROBE_NO_CHARACTER_SET");
  }

  /** One image in each way that there may be. */
  async #retrieval(): Promise<boolean> {
    if (this.#sample === undefined) return true;
    const known = { get: this.#canGet, move: this.#canMove };
    const options = { ...this.#options, profile: this.profile };
    const { findings, profile } = await probeRetrieval(options, known, this.#sample, this.#signal);
    this.findings.push(...findings);
    this.profile = { ...this.profile, ...profile };
    return true;
  }

  /** How many associations it takes at once, of those that the profile allows. */
  async #associations(): Promise<boolean> {
    const { promise: over, resolve: end } = Promise.withResolvers<void>();
    const held: Promise<unknown>[] = [];
    const accepted = await Promise.all(
      Array.from({ length: this.profile.associations }, async () => {
        const { promise: open, resolve } = Promise.withResolvers<boolean>();
        const association = this.#associated(contextsOf(Verification), this.#signal, () => {
          resolve(true);
          return over;
        }).catch(() => resolve(false));
        held.push(association);
        return open;
      }),
    );
    end();
    await Promise.all(held);
    const associations = accepted.filter(Boolean).length;
    if (associations > 0 && associations < this.profile.associations) {
      this.profile = { ...this.profile, associations };
      this.#say("PROBE_ASSOCIATIONS", { associations });
    }
    return true;
  }

  #find<Result>(work: (association: Association) => Promise<Result>): Promise<Result> {
    return this.#associated(contextsOf(StudyRoot.find), this.#signal, work);
  }

  /** The first answer; the rest is cancelled. */
  async #first(association: Association, identifier: DataSet): Promise<DataSet | undefined> {
    for await (const answer of association.find({ sopClassUID: StudyRoot.find, identifier, signal: this.#signal })) {
      return answer;
    }
    return undefined;
  }

  /** A study of today or yesterday. */
  async #recent(association: Association): Promise<string | undefined> {
    const now = (this.#options.now ?? (() => new Date()))().getTime();
    const [from, to] = [now - DAY, now].map((time) => new Date(time).toISOString().slice(0, 10).replaceAll("-", ""));
    const identifier = new DataSet()
      .set(Tags.StudyDate, "DA", `${from}-${to}`)
      .set(Tags.QueryRetrieveLevel, "CS", "STUDY")
      .set(Tags.StudyInstanceUID, "UI", "");
    const answer = await this.#first(association, identifier);
    return answer && (uidOf(answer, Tags.StudyInstanceUID) || undefined);
  }
}
