import { defineErrors } from "../base/index.ts";

/** What can go wrong while writing or reading an XDM archive. */
export const xdmErrors = defineErrors("xdm", {
  XDM_ZIP_UNREADABLE: {
    retry: "human",
    message: { fr: "L'archive n'est pas un zip lisible : {reason}", en: "The archive is no readable zip: {reason}" },
    remedy: {
      fr: "Copier de nouveau l'archive depuis sa source et vérifier qu'elle est entière.",
      en: "Copy the archive again from its source and check that it is whole.",
    },
  },
  XDM_ZIP_REFUSED: {
    retry: "never",
    message: { fr: "L'archive est refusée : {reason}", en: "The archive is refused: {reason}" },
    remedy: {
      fr: "Ne pas l'importer : aucun logiciel d'export n'écrit cela. Vérifier d'où elle vient.",
      en: "Do not import it: no exporting software writes this. Check where it comes from.",
    },
  },
  XDM_NO_SUBMISSION: {
    retry: "never",
    message: {
      fr: "L'archive ne contient aucun lot (dossier IHE_XDM absent ou vide)",
      en: "The archive holds no submission set (no folder IHE_XDM, or an empty one)",
    },
    remedy: { fr: "Choisir une archive XDM (KAaaaamm.zip).", en: "Choose an XDM archive (KAyyyymm.zip)." },
  },
  XDM_FILE_DAMAGED: {
    retry: "human",
    message: { fr: "Un fichier de l'archive est endommagé", en: "A file of the archive is damaged" },
    remedy: {
      fr: "Copier de nouveau l'archive depuis sa source ; les autres lots sont importés.",
      en: "Copy the archive again from its source; the other submission sets are imported.",
    },
  },
  XDM_FILE_TOO_LARGE: {
    retry: "human",
    message: {
      fr: "Un fichier de l'archive dépasse {limit} octets",
      en: "A file of the archive is larger than {limit} bytes",
    },
    remedy: {
      fr: "Ce lot n'est pas importé. Vérifier l'archive, puis appeler l'assistance.",
      en: "This submission set is not imported. Check the archive, then call support.",
    },
  },
  XDM_METADATA_UNREADABLE: {
    retry: "human",
    message: {
      fr: "Les métadonnées du lot sont illisibles : {reason}",
      en: "The metadata of the submission set cannot be read: {reason}",
    },
    remedy: {
      fr: "Corriger l'archive à sa source ; les autres lots sont importés.",
      en: "Correct the archive at its source; the other submission sets are imported.",
    },
  },
  XDM_METADATA_INCOMPLETE: {
    retry: "human",
    message: {
      fr: "Il manque aux métadonnées du lot : {missing}",
      en: "The metadata of the submission set lack: {missing}",
    },
    remedy: {
      fr: "Corriger l'archive à sa source ; les autres lots sont importés.",
      en: "Correct the archive at its source; the other submission sets are imported.",
    },
  },
  XDM_DOCUMENT_MISSING: {
    retry: "human",
    message: {
      fr: "Un document décrit par les métadonnées du lot est absent",
      en: "A document that the metadata of the submission set describe is absent",
    },
    remedy: {
      fr: "Copier de nouveau l'archive depuis sa source ; les autres lots sont importés.",
      en: "Copy the archive again from its source; the other submission sets are imported.",
    },
  },
  XDM_DOCUMENT_ALTERED: {
    retry: "human",
    message: {
      fr: "Un document n'est pas celui que décrivent les métadonnées ({difference})",
      en: "A document is not the one that the metadata describe ({difference})",
    },
    remedy: {
      fr: "Ne pas utiliser ce lot : le document a été modifié ou endommagé depuis sa publication.",
      en: "Do not use this submission set: the document was altered or damaged since its publication.",
    },
  },
  XDM_REPORTS_UNREADABLE: {
    retry: "human",
    message: {
      fr: "La liste des comptes rendus du lot (CR.TXT) est illisible",
      en: "The list of reports of the submission set (CR.TXT) cannot be read",
    },
    remedy: {
      fr: "Corriger CR.TXT à sa source : six champs par ligne, séparés par des points-virgules.",
      en: "Correct CR.TXT at its source: six fields a line, separated by semicolons.",
    },
  },
  XDM_VALUE_NOT_WRITABLE: {
    retry: "human",
    message: {
      fr: "Un identifiant contient un caractère que CR.TXT ne peut porter",
      en: "An identifier holds a character that CR.TXT cannot carry",
    },
    remedy: {
      fr: "Corriger l'identifiant dans le système d'origine ; ce lot n'est pas exporté.",
      en: "Correct the identifier at its origin; this submission set is not exported.",
    },
  },
  XDM_TOO_MANY: {
    retry: "human",
    message: { fr: "Trop de {what} pour une archive XDM", en: "Too many {what} for one XDM archive" },
    remedy: { fr: "Appeler l'assistance.", en: "Call support." },
  },
});
