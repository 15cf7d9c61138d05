/** The story: each scene says what it shows, and fails when it was not so. */
import { createHash, randomUUID } from "node:crypto";
import { newUID } from "../../appliance/dicom/index.ts";
import { readManifest } from "../../appliance/kos/index.ts";
import { nextVersion, type ReportChanges, SANDBOX_ROOT, sandboxReport, sandboxStudy } from "../sandbox/ris.ts";
import { syntheticStudy } from "../sandbox/studies.ts";
import type { Stage } from "./stage.ts";

export interface Scene {
  readonly title: string;
  /** Yields a sentence for each thing that was seen to be so. */
  play(stage: Stage): AsyncGenerator<string>;
}

/** The study of the first scene: the evidence is about it. */
export const FIRST_STUDY = newUID();
const IPP = "P0001";
const ACCESSION = "ACC-26-0001";

export const scenes: readonly Scene[] = [
  {
    title: "Un compte rendu arrive, le manifeste de son examen est publié au DMP",
    async *play(stage) {
      await stage.pacs.add(
        syntheticStudy({ studyInstanceUID: FIRST_STUDY, patientID: IPP, accessionNumber: ACCESSION }),
      );
      yield ackSentence(await stage.report(report(FIRST_STUDY), "DEMO-1"), "AA");
      const { submission } = await stage.site.examOf(FIRST_STUDY, published);
      yield `examen retrouvé dans le PACS, manifeste de ${submission?.instances} objets construit, signé et publié`;
      const document = stage.site.dmp.documents().find(({ kind }) => kind === "manifest");
      const manifest = document && readManifest(document.content);
      check(document?.uniqueId === submission?.manifest, "le DMP n'a pas reçu ce manifeste");
      check(manifest?.studies[0]?.studyInstanceUID === FIRST_STUDY, "le manifeste est celui d'un autre examen");
      check(
        document !== undefined && sha1(document.content) === document.sha1,
        "l'empreinte annoncée n'est pas celle du fichier",
      );
      yield "le DMP du bac à sable a vérifié TLS mutuel, VIHF, signature du lot, métadonnées, empreinte et manifeste";
    },
  },
  {
    title: "Le même message encore : même réponse, aucun second effet",
    async *play(stage) {
      const before = stage.site.dmp.documents().length;
      const again = await stage.send(stage.messages[0] as Buffer);
      check(again === stage.acks[0], "la réponse a changé");
      yield "l'acquittement est le même, octet pour octet";
      check(stage.site.dmp.documents().length === before, "un second document a été publié");
      yield "rien n'a été publié deux fois";
    },
  },
  {
    title: "Le compte rendu arrive avant les images : l'examen attend, puis se publie seul",
    async *play(stage) {
      const study = newUID();
      yield ackSentence(await stage.report(report(study), "DEMO-2", { family: "MDM" }), "AA");
      await stage.site.examOf(study, ({ timeline }) => timeline.some(({ kind }) => kind === "absent"));
      yield "examen absent du PACS : recherché de nouveau, à intervalles croissants";
      await stage.pacs.add(syntheticStudy({ studyInstanceUID: study, patientID: IPP, accessionNumber: ACCESSION }));
      await stage.site.examOf(study, published);
      yield "les images sont arrivées, le manifeste est publié";
    },
  },
  {
    title: "Le PACS range l'examen sous un autre patient : rien ne part",
    async *play(stage) {
      const study = newUID();
      await stage.pacs.add(syntheticStudy({ studyInstanceUID: study, patientID: "P0002", accessionNumber: ACCESSION }));
      yield ackSentence(await stage.report(report(study), "DEMO-3"), "AA");
      const { exam } = await stage.site.examOf(study, ({ exam: { state } }) => state === "parked");
      check(exam.code === "SOURCE_IPP_MISMATCH", `motif inattendu : ${exam.code}`);
      yield `mis en attente d'une personne : IPP ${exam.compared?.report} dans le compte rendu, ${exam.compared?.pacs} dans le PACS`;
      check(!stage.site.dmp.documents().some(({ studyInstanceUID }) => studyInstanceUID === study), "il a été publié");
      yield "rien n'a été envoyé au DMP";
    },
  },
  {
    title: "L'identité n'est pas qualifiée : compris, gardé, non publié",
    async *play(stage) {
      const study = newUID();
      const changes = { ...report(study), patient: { ...report(study).patient, identityStatus: ["PROV"] } };
      yield ackSentence(await stage.report(changes, "DEMO-4"), "AA");
      const { exam } = await stage.site.examOf(study, ({ exam: { state } }) => state === "parked");
      check(exam.code === "SOURCE_INS_NOT_QUALIFIED", `motif inattendu : ${exam.code}`);
      yield "mis en attente : l'INS n'est pas qualifiée (PID-32 sans VALI)";
    },
  },
  {
    title: "Le DMP enregistre, puis la réponse se perd : publié une seule fois",
    async *play(stage) {
      const study = newUID();
      await stage.pacs.add(syntheticStudy({ studyInstanceUID: study, patientID: IPP, accessionNumber: ACCESSION }));
      stage.site.dmp.faults.next({ kind: "acceptThenReset" });
      yield ackSentence(await stage.report(report(study), "DEMO-5"), "AA");
      await stage.site.examOf(study, published);
      const copies = stage.site.dmp
        .documents()
        .filter((one) => one.studyInstanceUID === study && one.kind === "manifest");
      check(copies.length === 1, `${copies.length} manifestes au DMP`);
      yield "le second essai est refusé comme doublon, vérifié (même empreinte), et compté comme publié";
    },
  },
  {
    title: "Le DMP est en panne, puis revient",
    async *play(stage) {
      const studies = Array.from({ length: 6 }, () => newUID());
      stage.site.dmp.faults.always({ kind: "http500" });
      for (const [index, study] of studies.entries()) {
        await stage.pacs.add(syntheticStudy({ studyInstanceUID: study, patientID: IPP, accessionNumber: ACCESSION }));
        const ack = await stage.report(report(study), `DEMO-6-${index}`);
        check(ack.includes("MSA|AA|"), ack);
      }
      yield `${studies.length} comptes rendus acceptés pendant la panne`;
      await stage.site.examOf(studies[0] as string, ({ timeline }) =>
        timeline.some(({ code }) => code === "DMP_HTTP_5XX"),
      );
      stage.site.dmp.faults.clear();
      for (const study of studies) await stage.site.examOf(study, published);
      yield "au retour du DMP, tous sont publiés, sans rafale";
    },
  },
  {
    title: "La vie d'un manifeste : le compte rendu est corrigé, une image rejetée, puis le compte rendu supprimé",
    async *play(stage) {
      const { dmp } = stage.site;
      const study = newUID();
      const images = syntheticStudy({ studyInstanceUID: study, patientID: IPP, accessionNumber: ACCESSION });
      await stage.pacs.add(images);
      const first = report(study);
      yield ackSentence(await stage.report(first, "DEMO-8"), "AA");
      await stage.site.examOf(study, published);

      const second = {
        ...nextVersion(sandboxReport(first), { id: { root: newUID() } }),
        flags: { MASQUE_PS: "Y" },
      } as const;
      yield ackSentence(await stage.report(second, "DEMO-9", { action: "replace" }), "AA");
      await stage.site.examOf(study, () => dmp.history(study).length === 2);
      check(dmp.history(study)[1]?.action === "replace", "le manifeste n'a pas été remplacé");
      check(dmp.approvedManifests(study).length === 1, "plus d'un manifeste en vigueur");
      yield "le manifeste est remplacé au DMP (RPLC), masqué aux professionnels comme le demande le message";

      await stage.site.examOf(study, published);
      await stage.reject(
        study,
        images.instances.slice(0, 1).map(({ sopInstanceUID }) => sopInstanceUID),
      );
      await stage.site.examOf(study, () => dmp.history(study).length === 3);
      const [current] = dmp.approvedManifests(study);
      const left = readManifest(current?.content ?? Buffer.alloc(0)).studies.flatMap((one) => one.series);
      yield `le PACS rejette une image (IOCM) : le nouveau manifeste en cite ${left.flatMap(({ instances }) => instances).length} sur ${images.instances.length}`;

      await stage.site.examOf(study, published);
      yield ackSentence(await stage.report(second, "DEMO-10", { action: "delete" }), "AA");
      await stage.site.examOf(study, ({ exam: { state } }) => state === "closed");
      check(dmp.approvedManifests(study).length === 0, "il reste un manifeste en vigueur");
      check(dmp.doubles().length === 0, "un manifeste a été publié deux fois");
      yield "le manifeste est retiré du DMP (ITI-57), l'examen est clos";
    },
  },
  {
    title: "Un message illisible reçoit une réponse lisible, et ne touche pas le suivant",
    async *play(stage) {
      const ack = await stage.send(
        Buffer.from("MSH|^~\\&|RIS|SITE|DRIMBOX|SITE|20260101||ORU^R01^ORU_R01|X1|P|2.5\rOBX|1|ED|18748-4\r"),
      );
      check(ack.includes("MSA|AE|X1"), ack);
      const err = ack.split("\r").find((line) => line.startsWith("ERR")) ?? "";
      const [, , where = "", , , , , code, sentence] = err.split("|");
      yield `réponse AE : « ${sentence} » ${where.split("^").slice(0, 3).join(" ")} (${code})`;
      const study = newUID();
      await stage.pacs.add(syntheticStudy({ studyInstanceUID: study, patientID: IPP, accessionNumber: ACCESSION }));
      yield ackSentence(await stage.report(report(study), "DEMO-7"), "AA");
      await stage.site.examOf(study, published);
      yield "le compte rendu suivant est publié";
    },
  },
];

/** A report of the demonstration's patient on one study. */
function report(studyInstanceUID: string): ReportChanges {
  return {
    id: { root: newUID() },
    setId: { root: randomUUID().toUpperCase() },
    studies: [sandboxStudy({ studyInstanceUID, accession: { root: `${SANDBOX_ROOT}.11`, extension: ACCESSION } })],
    patient: { localIds: [{ value: IPP, oid: `${SANDBOX_ROOT}.10` }] },
  };
}

function published({ exam }: { readonly exam: { readonly state: string } }): boolean {
  return exam.state === "published";
}

function ackSentence(ack: string, code: string): string {
  const msa = ack.split("\r").find((line) => line.startsWith("MSA|")) ?? "";
  check(msa.startsWith(`MSA|${code}|`), `réponse inattendue : ${ack}`);
  return `le RIS reçoit ${msa} : la DRIMbox en répond, c'est sur le disque`;
}

function sha1(bytes: Uint8Array): string {
  return createHash("sha1").update(bytes).digest("hex");
}

function check(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new Error(otherwise);
}
