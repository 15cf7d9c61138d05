import { defineErrors } from "../base/index.ts";

export const dicomwebErrors = defineErrors("dicomweb", {
  DICOMWEB_ACCEPT_INVALID: {
    retry: "never",
    message: {
      fr: "L'en-tête Accept ne se lit pas (élément {member}).",
      en: "The Accept header cannot be read (member {member}).",
    },
    remedy: {
      fr: 'Écrire par exemple : multipart/related; type="application/dicom"; transfer-syntax=1.2.840.10008.1.2.1; q=0.5.',
      en: 'Write for instance: multipart/related; type="application/dicom"; transfer-syntax=1.2.840.10008.1.2.1; q=0.5.',
    },
  },
  DICOMWEB_NOT_ACCEPTABLE: {
    retry: "never",
    message: {
      fr: "Rien de ce que l'en-tête Accept demande ne peut être envoyé ici.",
      en: "Nothing that the Accept header asks for can be sent here.",
    },
    remedy: { fr: "Demander : {available}.", en: "Ask for: {available}." },
  },
  DICOMWEB_PATH_INVALID: {
    retry: "never",
    message: {
      fr: "L'adresse demandée contient un identifiant ou un numéro impossible.",
      en: "The address asked for holds an identifier or a number that cannot be.",
    },
    remedy: { fr: "Vérifier les UID de l'adresse.", en: "Check the UIDs of the address." },
  },
  DICOMWEB_MULTIPART_INVALID: {
    retry: "later",
    message: {
      fr: "La réponse multipart ne se lit pas ({problem}).",
      en: "The multipart answer cannot be read ({problem}).",
    },
    remedy: {
      fr: "Redemander ; si cela persiste, prévenir l'éditeur du serveur.",
      en: "Ask again; if it lasts, tell the vendor of the server.",
    },
  },
  DICOMWEB_MULTIPART_TRUNCATED: {
    retry: "later",
    message: {
      fr: "La réponse multipart s'arrête avant sa fin.",
      en: "The multipart answer stops before its end.",
    },
    remedy: { fr: "Redemander.", en: "Ask again." },
  },
});

export const { fault } = dicomwebErrors;
