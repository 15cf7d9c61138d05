/** Why a report cannot be used at all; lesser faults are remarks of the header. */
import { defineErrors } from "../base/index.ts";

const editor = {
  fr: "Transmettez ce code et l'emplacement indiqué à l'éditeur du logiciel qui produit les comptes rendus.",
  en: "Give this code and the location to the vendor of the software that makes the reports.",
};

export const cdaErrors = defineErrors("cda", {
  CDA_TOO_LARGE: {
    retry: "never",
    message: {
      fr: "Le compte rendu, ou son en-tête, dépasse la taille permise ({limit} octets).",
      en: "The report, or its header, is larger than allowed ({limit} bytes).",
    },
    remedy: { fr: "Réduisez le document (PDF).", en: "Make the document (PDF) smaller." },
  },
  CDA_NOT_XML: {
    retry: "never",
    message: {
      fr: "Le compte rendu n'est pas un document XML bien formé et complet.",
      en: "The report is not a well-formed and complete XML document.",
    },
    remedy: editor,
  },
  CDA_DOCTYPE: {
    retry: "never",
    message: {
      fr: "Le compte rendu contient une déclaration DOCTYPE, refusée par sécurité.",
      en: "The report holds a DOCTYPE declaration, which is refused for security.",
    },
    remedy: editor,
  },
  CDA_TOO_DEEP: {
    retry: "never",
    message: {
      fr: "Le compte rendu imbrique ou répète trop d'éléments (limite {limit}).",
      en: "The report nests or repeats too many elements (limit {limit}).",
    },
    remedy: editor,
  },
  CDA_ENCODING: {
    retry: "never",
    message: {
      fr: "L'encodage des caractères du compte rendu n'est pas UTF-8.",
      en: "The character encoding of the report is not UTF-8.",
    },
    remedy: editor,
  },
  CDA_NOT_CLINICAL_DOCUMENT: {
    retry: "never",
    message: {
      fr: "Le document n'est pas un CDA R2 (ClinicalDocument, urn:hl7-org:v3).",
      en: "The document is not a CDA R2 (ClinicalDocument, urn:hl7-org:v3).",
    },
    remedy: editor,
  },
  CDA_FIELD_MISSING: {
    retry: "never",
    message: {
      fr: "Une information indispensable manque dans l'en-tête du compte rendu.",
      en: "Something indispensable is missing in the header of the report.",
    },
    remedy: editor,
  },
  CDA_FIELD_REPEATED: {
    retry: "never",
    message: {
      fr: "Une information unique figure plusieurs fois dans l'en-tête du compte rendu.",
      en: "Something that there is only one of stands several times in the header of the report.",
    },
    remedy: editor,
  },
  CDA_TWO_INS: {
    retry: "never",
    message: {
      fr: "L'en-tête porte deux identités INS différentes.",
      en: "The header carries two different INS identities.",
    },
    remedy: {
      fr: "Vérifiez l'identité du patient dans le RIS, puis renvoyez le compte rendu.",
      en: "Check the identity of the patient in the RIS, then send the report again.",
    },
  },
  CDA_SEVERAL_PATIENTS: {
    retry: "never",
    message: { fr: "Le compte rendu concerne plusieurs patients.", en: "The report is about several patients." },
    remedy: editor,
  },
});

export const { fault } = cdaErrors;
