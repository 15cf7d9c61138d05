import { type CodedError, fill, type Sentence } from "../base/index.ts";

/** One thing that a probe found out about a PACS, in sentences for a person. */
export interface Finding extends Sentence {
  /** `PROBE_*`, or the code of the error that stopped a step. */
  readonly code: string;
  /** `problem`: nothing can be published until it is mended. `limit`: works, with the restriction said. `good`: as it should. */
  readonly weight: "good" | "limit" | "problem";
}

const SENTENCES = {
  PROBE_ANSWERS: {
    weight: "good",
    fr: "Le PACS accepte la DRIMbox et répond à l'écho (C-ECHO).",
    en: "The PACS accepts the DRIMbox and answers the echo (C-ECHO).",
  },
  PROBE_NO_STUDY_ROOT: {
    weight: "problem",
    fr: "Le PACS n'autorise pas la recherche d'examens (Study Root C-FIND) : l'ouvrir à la DRIMbox.",
    en: "The PACS does not allow studies to be searched (Study Root C-FIND): open it to the DRIMbox.",
  },
  PROBE_PATIENT_ROOT_ONLY: {
    weight: "problem",
    fr:
      "Le PACS ne propose la recherche que par patient (Patient Root) : un examen rangé sous un autre patient y passerait " +
      "pour absent. Ouvrir Study Root C-FIND à la DRIMbox.",
    en:
      "The PACS searches by patient only (Patient Root): a study filed under another patient would pass for absent. Open " +
      "Study Root C-FIND to the DRIMbox.",
  },
  PROBE_GET: {
    weight: "good",
    fr: "Le PACS envoie les images sur demande (C-GET).",
    en: "The PACS sends images on demand (C-GET).",
  },
  PROBE_MOVE: {
    weight: "good",
    fr: "Le PACS envoie les images à une destination déclarée (C-MOVE).",
    en: "The PACS sends images to a declared destination (C-MOVE).",
  },
  PROBE_NO_RETRIEVE: {
    weight: "limit",
    fr: "Le PACS n'autorise ni C-GET ni C-MOVE : l'examen peut être publié, ses images ne pourront pas être servies.",
    en: "The PACS allows neither C-GET nor C-MOVE: a study can be published, its images cannot be served.",
  },
  PROBE_ABSENCE_CLEAR: {
    weight: "good",
    fr: "Interrogé sur un examen qui n'existe pas, le PACS répond qu'il ne l'a pas.",
    en: "Asked about a study that does not exist, the PACS answers that it has none.",
  },
  PROBE_ABSENCE_UNCLEAR: {
    weight: "problem",
    fr: "Interrogé sur un examen qui n'existe pas, le PACS en renvoie d'autres : il n'applique pas le StudyInstanceUID.",
    en: "Asked about a study that does not exist, the PACS returns others: it does not apply the StudyInstanceUID.",
  },
  PROBE_ISSUER_REFUSED: {
    weight: "limit",
    fr: "Le PACS refuse qu'on lui demande l'OID de l'émetteur du PatientID : la demande est retirée du profil.",
    en: "The PACS refuses to be asked for the OID of the issuer of the PatientID: the profile leaves the question out.",
  },
  PROBE_NO_STUDY: {
    weight: "limit",
    fr: "Aucun examen récent n'a été trouvé : indiquer le StudyInstanceUID d'un examen pour vérifier ce que le PACS en dit.",
    en: "No recent study was found: give the StudyInstanceUID of a study to check what the PACS says of it.",
  },
  PROBE_STUDY_ABSENT: {
    weight: "limit",
    fr: "Le PACS répond qu'il n'a pas l'examen indiqué.",
    en: "The PACS answers that it does not have the given study.",
  },
  PROBE_STUDY_READ: {
    weight: "good",
    fr: "Un examen a été lu : {series} série(s), {instances} objet(s), en {milliseconds} ms.",
    en: "A study was read: {series} series, {instances} object(s), in {milliseconds} ms.",
  },
  PROBE_NO_PATIENT_ID: {
    weight: "problem",
    fr: "Le PACS ne donne pas le PatientID de l'examen : rien ne pourra être rapproché du compte rendu.",
    en: "The PACS does not give the PatientID of the study: nothing can be matched with the report.",
  },
  PROBE_NO_ACCESSION: {
    weight: "problem",
    fr: "Le PACS ne donne pas le numéro d'accession de l'examen : rien ne pourra être rapproché du compte rendu.",
    en: "The PACS does not give the accession number of the study: nothing can be matched with the report.",
  },
  PROBE_NO_ISSUER: {
    weight: "limit",
    fr: "Le PACS ne dit pas qui a émis le PatientID : indiquer ses domaines dans la configuration s'il y a plusieurs PACS.",
    en: "The PACS does not say who issued the PatientID: give its domains in the configuration if there are several PACS.",
  },
  PROBE_NO_SOP_CLASS: {
    weight: "limit",
    fr: "Le PACS ne donne pas la classe des objets (SOP Class UID) : elle sera lue dans leurs en-têtes, par C-GET, lentement.",
    en: "The PACS does not give the SOP Class UID of the objects: it will be read in their headers, by C-GET, slowly.",
  },
  PROBE_NO_SOP_CLASS_NO_GET: {
    weight: "problem",
    fr: "Le PACS ne donne pas la classe des objets (SOP Class UID) et n'autorise pas C-GET : aucun manifeste n'est possible.",
    en: "The PACS does not give the SOP Class UID of the objects and does not allow C-GET: no manifest is possible.",
  },
  PROBE_NO_COUNT: {
    weight: "limit",
    fr: "Le PACS ne donne pas le nombre d'objets de l'examen : un examen encore incomplet ne se reconnaîtra pas.",
    en: "The PACS does not give the number of objects of the study: one that is still incomplete will not be recognised.",
  },
  PROBE_COUNT_DIFFERS: {
    weight: "limit",
    fr:
      "Le PACS compte {counted} objets et en montre {listed}. Si l'examen est ancien, ne pas croire ses nombres " +
      "(trustedCounts) ; sinon il est en cours d'arrivée.",
    en:
      "The PACS counts {counted} objects and shows {listed}. If the study is old, do not trust its counts (trustedCounts); " +
      "otherwise it is still arriving.",
  },
  PROBE_NO_CHARACTER_SET: {
    weight: "limit",
    fr: "Le PACS envoie des accents sans déclarer de jeu de caractères : ISO_IR 100 est proposé, à vérifier sur un libellé.",
    en: "The PACS sends accents without declaring a character set: ISO_IR 100 is proposed, to be checked on a description.",
  },
  PROBE_ASSOCIATIONS: {
    weight: "limit",
    fr: "Le PACS n'accepte que {associations} association(s) à la fois : le profil s'y tient.",
    en: "The PACS accepts only {associations} association(s) at a time: the profile keeps to it.",
  },
} as const satisfies Readonly<Record<string, Omit<Finding, "code">>>;

export type FindingCode = keyof typeof SENTENCES;

export function finding(code: FindingCode, details: Readonly<Record<string, string | number>> = {}): Finding {
  const { weight, fr, en } = SENTENCES[code];
  return { code, weight, fr: fill(fr, details), en: fill(en, details) };
}

/** A step that failed, as its error says it. */
export function failed(error: CodedError): Finding {
  const { remedy } = error.definition;
  const sentence = (language: keyof Sentence) => `${error.text(language)} ${remedy[language]}`;
  return { code: error.code, weight: "problem", fr: sentence("fr"), en: sentence("en") };
}
