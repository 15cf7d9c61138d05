import { defineErrors } from "../base/index.ts";

/** What can go wrong between the images and who asks for them. */
export const imagesErrors = defineErrors("images", {
  IMAGES_GONE: {
    retry: "human",
    message: {
      fr: "Le PACS n'a plus ces images.",
      en: "The PACS no longer has these images.",
    },
    remedy: {
      fr: "Vérifier l'examen dans le PACS ; s'il a été purgé, lancer une resynchronisation.",
      en: "Look for the exam in the PACS; if it was purged, start a resynchronisation.",
    },
  },
  IMAGES_WITHDRAWN: {
    retry: "never",
    message: {
      fr: "L'examen vient d'être retiré du DMP.",
      en: "The study has just been withdrawn from the record.",
    },
    remedy: {
      fr: "Relire la liste des documents dans le DMP.",
      en: "Read the list of documents in the record again.",
    },
  },
  IMAGES_INCOMPLETE: {
    retry: "later",
    message: {
      fr: "Le PACS n'a envoyé que {received} images sur {wanted}.",
      en: "The PACS sent {received} of {wanted} images only.",
    },
    remedy: {
      fr: "Redemander la série ; si cela persiste, vérifier l'examen dans le PACS.",
      en: "Ask for the series again; if it lasts, check the exam in the PACS.",
    },
  },
  IMAGES_NOT_ASKED: {
    retry: "human",
    message: {
      fr: "Le PACS a envoyé un objet qui n'était pas demandé : il est écarté.",
      en: "The PACS sent an object that was not asked for: it is dropped.",
    },
    remedy: {
      fr: "Vérifier auprès de l'éditeur du PACS ce qu'il envoie à un C-GET ou C-MOVE de cette série.",
      en: "Ask the PACS vendor what it sends for a C-GET or C-MOVE of this series.",
    },
  },
  IMAGES_OTHER_OBJECT: {
    retry: "human",
    message: {
      fr: "Le PACS a envoyé sous l'identifiant demandé un objet qui en porte un autre ({attribute}) : il est écarté.",
      en: "Under the identifier asked for the PACS sent an object that bears another ({attribute}): it is dropped.",
    },
    remedy: {
      fr: "Vérifier l'index du PACS pour cet examen.",
      en: "Check the index of the PACS for this exam.",
    },
  },
  IMAGES_OTHER_PATIENT: {
    retry: "human",
    message: {
      fr: "Une image porte un autre identifiant patient que le manifeste publié : elle n'est pas envoyée.",
      en: "An image bears another patient ID than the manifest that was published: it is not sent.",
    },
    remedy: {
      fr: "Vérifier l'identité de l'examen dans le PACS, puis lancer box retry sur l'examen.",
      en: "Check the identity of the exam in the PACS, then run box retry on the exam.",
    },
  },
  IMAGES_SYNTAX_REFUSED: {
    retry: "never",
    message: {
      fr: "Ces images ne peuvent pas être fournies dans un format demandé ; le PACS les a en : {available}.",
      en: "These images cannot be had in a format that was asked for; the PACS has them in: {available}.",
    },
    remedy: {
      fr: "Demander aussi Explicit VR Little Endian (1.2.840.10008.1.2.1) ou le format annoncé.",
      en: "Ask for Explicit VR Little Endian (1.2.840.10008.1.2.1) too, or for the format that is named.",
    },
  },
  IMAGES_FRAME_UNKNOWN: {
    retry: "never",
    message: {
      fr: "Cet objet n'a pas d'image numéro {frame} : il en a {frames}.",
      en: "This object has no frame {frame}: it has {frames}.",
    },
    remedy: { fr: "Demander un numéro existant.", en: "Ask for one that exists." },
  },
  IMAGES_FORM_UNAVAILABLE: {
    retry: "never",
    message: { fr: "Cette forme n'est pas encore servie.", en: "This form is not served yet." },
    remedy: {
      fr: "Demander l'objet, ses métadonnées ou ses images.",
      en: "Ask for the object, its metadata or its frames.",
    },
  },
  IMAGES_NO_PIXELS: {
    retry: "never",
    message: { fr: "Cet objet ne contient pas d'image.", en: "This object holds no image." },
    remedy: { fr: "Le demander entier.", en: "Ask for the whole of it." },
  },
  IMAGES_BULK_UNKNOWN: {
    retry: "never",
    message: { fr: "Cet objet n'a pas de données à cet endroit.", en: "This object has no data at that place." },
    remedy: { fr: "Reprendre l'adresse donnée dans les métadonnées.", en: "Use the address given in the metadata." },
  },
  IMAGES_READER_GONE: {
    retry: "never",
    message: { fr: "Le demandeur est parti avant la fin.", en: "Who asked left before the end." },
    remedy: { fr: "Rien à faire.", en: "Nothing to do." },
  },
  IMAGES_READER_SLOW: {
    retry: "never",
    message: {
      fr: "Le demandeur lit à moins de {rate} o/s : l'envoi est interrompu.",
      en: "Who asked reads more slowly than {rate} B/s: the transfer was ended.",
    },
    remedy: { fr: "Vérifier la ligne du demandeur.", en: "Check the line of who asked." },
  },
});

export const { fault } = imagesErrors;
