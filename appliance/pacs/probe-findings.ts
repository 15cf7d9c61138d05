import { type Finding, sayer } from "./finding.ts";

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
    fr: "Le PACS accepte d'envoyer les images sur demande (C-GET).",
    en: "The PACS agrees to send images on demand (C-GET).",
  },
  PROBE_MOVE: {
    weight: "good",
    fr: "Le PACS accepte d'envoyer les images à une destination déclarée (C-MOVE).",
    en: "The PACS agrees to send images to a declared destination (C-MOVE).",
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
  PROBE_RETRIEVED: {
    weight: "good",
    fr: "Une image a été obtenue par {method} en {milliseconds} ms ({bytes} octets, {syntax}).",
    en: "An image was had by {method} in {milliseconds} ms ({bytes} bytes, {syntax}).",
  },
  PROBE_NOT_RETRIEVED: {
    weight: "limit",
    fr: "Aucune image n'a été obtenue par {method}.",
    en: "No image was had by {method}.",
  },
  PROBE_NOTHING_RETRIEVED: {
    weight: "problem",
    fr: "Aucun des moyens essayés ne donne d'image : l'examen peut être publié, ses images ne pourront pas être servies.",
    en: "None of the ways that were tried gives an image: a study can be published, its images cannot be served.",
  },
  PROBE_NO_DESTINATION: {
    weight: "limit",
    fr:
      "C-MOVE n'est pas essayé : ouvrir la réception d'images de la DRIMbox, la déclarer dans le PACS, et donner son titre AE " +
      "(moveDestination).",
    en:
      "C-MOVE is not tried: open the reception of images of the DRIMbox, declare it in the PACS, and give its AE title " +
      "(moveDestination).",
  },
  PROBE_MOVE_NAMED: {
    weight: "good",
    fr: "Par C-MOVE, le PACS dit pour quelle demande il envoie (Move Originator).",
    en: "By C-MOVE the PACS says for which request it sends (Move Originator).",
  },
  PROBE_MOVE_UNNAMED: {
    weight: "limit",
    fr:
      "Par C-MOVE, le PACS ne dit pas pour quelle demande il envoie (Move Originator) : deux demandes des mêmes images " +
      "passeront l'une après l'autre.",
    en:
      "By C-MOVE the PACS does not say for which request it sends (Move Originator): two requests for the same images will go " +
      "one after the other.",
  },
  PROBE_CONVERTS: {
    weight: "good",
    fr: "Le PACS garde ses images en {syntax} et les décompresse pour qui le demande.",
    en: "The PACS keeps its images in {syntax} and decompresses them for who asks.",
  },
  PROBE_CONVERTS_NOT: {
    weight: "limit",
    fr: "Le PACS garde ses images en {syntax} et ne les décompresse pas : qui ne lit pas ce format ne les aura pas.",
    en: "The PACS keeps its images in {syntax} and does not decompress them: who does not read it will not have them.",
  },
  PROBE_ASSOCIATIONS: {
    weight: "limit",
    fr: "Le PACS n'accepte que {associations} association(s) à la fois : le profil s'y tient.",
    en: "The PACS accepts only {associations} association(s) at a time: the profile keeps to it.",
  },
} as const satisfies Readonly<Record<string, Omit<Finding, "code">>>;

export type FindingCode = keyof typeof SENTENCES;

export const finding = sayer(SENTENCES);
