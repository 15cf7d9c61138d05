import { defineErrors } from "../base/index.ts";

/** Why a manifest or a rejection note cannot be written or read. */
export const kosErrors = defineErrors("kos", {
  KOS_EMPTY_STUDY: {
    retry: "later",
    message: {
      fr: "L'examen ne contient aucun objet : il n'y a rien à référencer.",
      en: "The study holds no object: there is nothing to reference.",
    },
    remedy: {
      fr: "Vérifier dans le PACS que les images de l'examen sont arrivées ; un nouvel essai est fait automatiquement.",
      en: "Check in the PACS that the images of the study have arrived; another attempt is made automatically.",
    },
  },
  KOS_TOO_MANY_INSTANCES: {
    retry: "human",
    message: {
      fr: "L'examen contient {count} objets, plus que la limite de {limit}.",
      en: "The study holds {count} objects, more than the limit of {limit}.",
    },
    remedy: {
      fr: "Vérifier dans le PACS que l'examen n'est pas un regroupement de plusieurs examens.",
      en: "Check in the PACS that the study is not several studies merged into one.",
    },
  },
  KOS_DUPLICATE: {
    retry: "human",
    message: {
      fr: "La même série, ou le même objet dans deux séries ou sous deux classes, est annoncée deux fois.",
      en: "The same series is announced twice, or the same object in two series or under two classes.",
    },
    remedy: {
      fr: "Faire corriger l'examen dans le PACS : un objet appartient à une seule série.",
      en: "Have the study corrected in the PACS: an object belongs to one series only.",
    },
  },
  KOS_UID_INVALID: {
    retry: "human",
    message: {
      fr: "Un identifiant DICOM (UID) est absent ou mal formé.",
      en: "A DICOM unique identifier (UID) is absent or malformed.",
    },
    remedy: {
      fr: "Faire corriger l'examen dans le PACS, ou le compte rendu qui le désigne.",
      en: "Have the study corrected in the PACS, or the report that names it.",
    },
  },
  KOS_IDENTIFIER_INVALID: {
    retry: "human",
    message: {
      fr: "Un identifiant est vide, trop long ({limit} caractères au plus) ou contient un caractère interdit par DICOM.",
      en: "An identifier is empty, too long ({limit} characters at most) or holds a character that DICOM forbids.",
    },
    remedy: {
      fr: "Corriger l'identifiant dans le logiciel qui l'a produit ; un identifiant n'est jamais raccourci.",
      en: "Correct the identifier in the software that produced it; an identifier is never shortened.",
    },
  },
  KOS_PATIENT_INVALID: {
    retry: "human",
    message: {
      fr: "Un trait d'identité du patient ne peut pas être écrit en DICOM.",
      en: "An identity trait of the patient cannot be written in DICOM.",
    },
    remedy: {
      fr: "Corriger les traits d'identité dans le RIS et renvoyer le compte rendu.",
      en: "Correct the identity traits in the RIS and send the report again.",
    },
  },
  KOS_SETTING_INVALID: {
    retry: "human",
    message: {
      fr: "Un réglage du site ne permet pas d'écrire le manifeste.",
      en: "A setting of the site makes the manifest impossible to write.",
    },
    remedy: {
      fr: "Corriger dans la configuration le fuseau horaire, l'adresse publique ou le numéro de l'établissement.",
      en: "Correct the time zone, the public address or the institution's number in the configuration.",
    },
  },
  KOS_NOT_A_MANIFEST: {
    retry: "never",
    message: {
      fr: "Le fichier DICOM n'est pas un manifeste : une Key Object Selection est attendue.",
      en: "The DICOM file is not a manifest: a Key Object Selection is expected.",
    },
    remedy: {
      fr: "Vérifier le document demandé ; signaler le défaut à qui l'a publié.",
      en: "Check the requested document; report the defect to whoever published it.",
    },
  },
  KOS_UNREADABLE: {
    retry: "never",
    message: {
      fr: "Le manifeste est incomplet ou mal formé.",
      en: "The manifest is incomplete or malformed.",
    },
    remedy: {
      fr: "Signaler le défaut à l'établissement qui a publié le manifeste.",
      en: "Report the defect to the site that published the manifest.",
    },
  },
  KOS_NOTE_UNREADABLE: {
    retry: "human",
    message: {
      fr: "L'avis de rejet ne dit pas quels objets, ou quel examen, il concerne.",
      en: "The rejection note does not say which objects, or which study, it is about.",
    },
    remedy: {
      fr: "Chercher l'examen dans le PACS et resynchroniser son manifeste ; signaler le défaut à l'éditeur du PACS.",
      en: "Find the study in the PACS and resynchronise its manifest; report the defect to the vendor of the PACS.",
    },
  },
});

export const { fault } = kosErrors;
