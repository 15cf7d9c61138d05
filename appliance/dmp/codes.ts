import type { Code } from "../xds/index.ts";

/** OIDs of code systems and authorities. */
export const OID = {
  professional: "1.2.250.1.71.4.2.1",
  structure: "1.2.250.1.71.4.2.2",
  profession: "1.2.250.1.71.1.2.7",
  knowHow: "1.2.250.1.71.4.2.5",
  softwareRole: "1.2.250.1.213.1.1.4.6",
  authorSpecialty: "1.2.250.1.213.1.1.4.5",
  confidentiality: "2.16.840.1.113883.5.25",
  visibility: "1.2.250.1.213.1.1.4.13",
  contentType: "1.2.250.1.213.2.2",
  purposeOfUse: "1.2.250.1.213.1.1.4.248",
  dicomControlledTerminology: "1.2.840.10008.2.16.4",
  snomedCT: "2.16.840.1.113883.6.96",
  /** The value set of regions, which older writers gave as the code system. */
  regions: "1.2.250.1.213.1.1.5.695",
} as const;

const code = (value: string, scheme: string, display: string): Code => ({ code: value, scheme, display });

/** Fixed codes of the manifest's entry. */
export const MANIFEST = {
  classCode: code("31", "1.2.250.1.213.1.1.4.1", "Imagerie médicale"),
  typeCode: code("IMG-KOS", "1.2.250.1.213.1.1.4.12", "Reference d'objets d'un examen d'imagerie"),
  formatCode: code(
    "1.2.840.10008.5.1.4.1.1.88.59",
    "1.2.840.10008.2.6.1",
    "Document Références d'objets d'un examen d'imagerie selon profil IHE RAD XDS-I",
  ),
  title: "Reference d'Objets d'un Examen d'Imagerie",
} as const;

/** Fixed codes of the signature's entry (IHE DSG, ASTM E1762). */
export const SIGNATURE = {
  classCode: code("urn:oid:1.3.6.1.4.1.19376.1.2.1.1.1", "URN", "Digital Signature"),
  typeCode: code("E1762", "ASTM", "Full Document"),
  formatCode: code("http://www.w3.org/2000/09/xmldsig#", "URN", "Default Signature Style"),
  eventCode: code("1.2.840.10065.1.12.1.14", "1.2.840.10065.1.12", "Source"),
  title: "Source",
} as const;

export const CONFIDENTIALITY_NORMAL = code("N", OID.confidentiality, "Normal");
export const VISIBILITY = {
  maskedFromProfessionals: code("MASQUE_PS", OID.visibility, "Masqué aux professionnels de santé"),
  invisibleToPatient: code("INVISIBLE_PATIENT", OID.visibility, "Non visible par le patient"),
  invisibleToLegalRepresentatives: code(
    "INVISIBLE_REPRESENTANTS_LEGAUX",
    OID.visibility,
    "Non visible par les représentants légaux du patient",
  ),
} as const;

const OUTPATIENT = code("07", OID.contentType, "Consultation externe");

/** contentTypeCode by PV1-2 (PDSm guide; E and O are the same activity). */
const CONTENT_TYPES: Readonly<Record<string, Code>> = {
  I: code("03", OID.contentType, "Hospitalisation"),
  O: OUTPATIENT,
  E: OUTPATIENT,
  R: code("19", OID.contentType, "Séances"),
  N: code("97", OID.contentType, "Hors venue"),
};

/** Without a visit the report is that of an outpatient: what most imaging is. */
export function contentType(visitClass: string | undefined): Code {
  return CONTENT_TYPES[visitClass ?? ""] ?? OUTPATIENT;
}

/** Acquisition modalities (DICOM CID 29 as the CI-SIS takes it): what is not here (SR, PR, KO, SEG, ...) is no event of the exam. */
const MODALITIES: Readonly<Record<string, string>> = {
  AR: "Autoréfraction",
  BDUS: "Densitométrie osseuse par ultrasons",
  BI: "Imagerie biomagnétique",
  BMD: "Densitométrie osseuse",
  CR: "Radiographie sur écran photostimulable",
  CT: "Scanner",
  DG: "Diaphanographie",
  DMS: "Dermoscopie",
  DX: "Radiographie numérique",
  ECG: "Électrocardiographie",
  EEG: "Électroencéphalographie",
  EMG: "Électromyographie",
  EOG: "Électro-oculographie",
  EPS: "Électrophysiologie cardiaque",
  ES: "Endoscopie",
  GM: "Microscopie générale",
  HD: "Courbes hémodynamiques",
  IO: "Radiographie intra-orale",
  IVOCT: "Tomographie optique intravasculaire",
  IVUS: "Échographie intravasculaire",
  KER: "Kératométrie",
  LEN: "Frontofocométrie",
  LS: "Balayage laser de surface",
  MG: "Mammographie",
  MR: "IRM",
  NM: "Médecine nucléaire",
  OAM: "Biométrie oculaire axiale",
  OCT: "Tomographie par cohérence optique",
  OP: "Photographie ophtalmique",
  OPM: "Cartographie ophtalmique",
  OPT: "Tomographie ophtalmique",
  OPTBSV: "Analyse volumique de tomographie ophtalmique",
  OPTENF: "Tomographie ophtalmique de face",
  OPV: "Champ visuel",
  OSS: "Relevé optique de surface",
  POS: "Capteur de position",
  PT: "Tomographie par émission de positons",
  PX: "Radiographie panoramique",
  RESP: "Courbes respiratoires",
  RF: "Radioscopie",
  RG: "Radiographie sur film",
  RTIMAGE: "Image de radiothérapie",
  SM: "Microscopie de lames",
  SRF: "Réfraction subjective",
  TG: "Thermographie",
  US: "Échographie",
  VA: "Acuité visuelle",
  XA: "Angiographie",
  XC: "Photographie",
};

/** The event code of a modality, or undefined when the value set does not know it. */
export function modalityCode(modality: string, scheme: string = OID.dicomControlledTerminology): Code | undefined {
  const display = Object.hasOwn(MODALITIES, modality) ? MODALITIES[modality] : undefined;
  return display === undefined ? undefined : code(modality, scheme, display);
}

/** Anatomic regions of the exam (CI-SIS value set 1.2.250.1.213.1.1.5.695, SNOMED CT); the network searches by these. */
const REGIONS: Readonly<Record<string, string>> = {
  "774007": "Tête et cou",
  "38266002": "Corps entier",
  "53120007": "Membre supérieur",
  "61685007": "Membre inférieur",
  "63337009": "Abdomen et pelvis",
  "67734004": "Thorax",
  "76752008": "Sein",
  "80891009": "Cœur",
  "113257007": "Système cardiovasculaire",
  "737561001": "Rachis",
};

/** The event code of a region, or undefined when it is not one of the value set: a strict registry would refuse the whole. */
export function regionCode(region: { code: string; codeSystem: string; displayName?: string }): Code | undefined {
  const known = Object.hasOwn(REGIONS, region.code) ? REGIONS[region.code] : undefined;
  if (known === undefined || (region.codeSystem !== OID.snomedCT && region.codeSystem !== OID.regions))
    return undefined;
  return code(region.code, OID.snomedCT, region.displayName ?? known);
}

/** Names of the professions a report's author may have (TRE_G15); others go out with their specialty's name. */
const PROFESSIONS: Readonly<Record<string, string>> = {
  "10": "Médecin",
  "21": "Pharmacien",
  "40": "Chirurgien-dentiste",
  "50": "Sage-femme",
  "60": "Infirmier",
  "98": "Manipulateur ERM",
};

/** Roles of the VIHF from the CDA's `G15_<profession>/<know-how>`; the software itself when there is no profession. */
export function vihfRoles(specialty: { readonly code: string; readonly displayName?: string } | undefined): Code[] {
  const match = /^G15_(\d{2})(?:\/(\w+))?$/.exec(specialty?.code ?? "");
  if (match === null) return [code("AUTOMATE", OID.softwareRole, "Automate")];
  const [, profession = "", knowHow] = match;
  const display = specialty?.displayName ?? "";
  const roles = [code(profession, OID.profession, PROFESSIONS[profession] ?? display)];
  if (knowHow !== undefined) roles.push(code(knowHow, OID.knowHow, display));
  return roles;
}
