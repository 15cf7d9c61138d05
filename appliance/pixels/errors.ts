import { defineErrors } from "../base/index.ts";

/** What can go wrong with the pixels of an image. */
export const pixelsErrors = defineErrors("pixels", {
  PIXELS_UNDESCRIBED: {
    retry: "human",
    message: {
      fr: "L'image ne décrit pas ses pixels, ou les décrit d'une façon impossible.",
      en: "The image does not describe its pixels, or describes them in an impossible way.",
    },
    remedy: {
      fr: "Vérifier l'objet dans le PACS : l'attribut indiqué manque ou est faux.",
      en: "Check the object in the PACS: the attribute named is missing or wrong.",
    },
  },
  PIXELS_TOO_LARGE: {
    retry: "never",
    message: {
      fr: "Une image de {bytes} octets dépasse les {limit} octets que la passerelle traite.",
      en: "A frame of {bytes} bytes exceeds the {limit} bytes that the gateway works on.",
    },
    remedy: {
      fr: "Demander l'image dans la forme où le PACS la conserve.",
      en: "Ask for the image in the form in which the PACS keeps it.",
    },
  },
  PIXELS_UNSUPPORTED: {
    retry: "never",
    message: {
      fr: "La passerelle ne sait pas transformer cette image de {from} en {to}.",
      en: "The gateway cannot turn this image from {from} into {to}.",
    },
    remedy: {
      fr: "Demander l'image dans la forme où le PACS la conserve, ou faire envoyer une autre forme par le PACS.",
      en: "Ask for the image in the form in which the PACS keeps it, or have the PACS send another form.",
    },
  },
  PIXELS_CONTRADICTION: {
    retry: "human",
    message: {
      fr: "L'image compressée dit autre chose que son en-tête : {attribute}.",
      en: "The compressed image says something else than its header: {attribute}.",
    },
    remedy: {
      fr: "Faire corriger l'objet par l'éditeur du PACS ou de la modalité : les pixels seraient faux.",
      en: "Have the vendor of the PACS or of the modality correct the object: the pixels would be wrong.",
    },
  },
  PIXELS_DAMAGED: {
    retry: "human",
    message: {
      fr: "L'image compressée est abîmée ({codec}).",
      en: "The compressed image is damaged ({codec}).",
    },
    remedy: {
      fr: "Ouvrir l'image dans le PACS ; si elle y est lisible, envoyer ce code au support.",
      en: "Open the image in the PACS; if it can be read there, send this code to the support.",
    },
  },
  PIXELS_BITS_LOST: {
    retry: "never",
    message: {
      fr: "Les bits inutilisés des pixels portent autre chose (une surimpression ?) que la compression perdrait.",
      en: "The unused bits of the pixels hold something else (an overlay?) that compression would lose.",
    },
    remedy: {
      fr: "Demander l'image sans compression.",
      en: "Ask for the image without compression.",
    },
  },
  PIXELS_NOT_COMPRESSED: {
    retry: "never",
    message: {
      fr: "La passerelle n'a pas su compresser cette image de sorte qu'elle redonne exactement les mêmes pixels ({codec}).",
      en: "The gateway could not compress this image so that it gives back exactly the same pixels ({codec}).",
    },
    remedy: {
      fr: "Demander l'image sans compression, et envoyer ce code au support.",
      en: "Ask for the image without compression, and send this code to the support.",
    },
  },
  PIXELS_WORKER_DIED: {
    retry: "never",
    message: {
      fr: "Le décodeur s'est arrêté sur cette image ; il a été remplacé.",
      en: "The decoder died of this image; it was replaced.",
    },
    remedy: {
      fr: "Demander l'image dans la forme où le PACS la conserve, et envoyer ce code au support.",
      en: "Ask for the image in the form in which the PACS keeps it, and send this code to the support.",
    },
  },
  PIXELS_TOO_SLOW: {
    retry: "never",
    message: {
      fr: "Le décodeur n'a pas fini cette image en {seconds} secondes ; il a été remplacé.",
      en: "The decoder was not done with this image within {seconds} seconds; it was replaced.",
    },
    remedy: {
      fr: "Demander l'image dans la forme où le PACS la conserve.",
      en: "Ask for the image in the form in which the PACS keeps it.",
    },
  },
  PIXELS_BUSY: {
    retry: "later",
    message: {
      fr: "Trop d'images attendent déjà d'être transformées.",
      en: "Too many images already wait to be transformed.",
    },
    remedy: {
      fr: "Redemander plus tard.",
      en: "Ask again later.",
    },
  },
  PIXELS_CLOSED: {
    retry: "later",
    message: {
      fr: "La passerelle s'arrête.",
      en: "The gateway is stopping.",
    },
    remedy: {
      fr: "Redemander quand elle a redémarré.",
      en: "Ask again when it has started again.",
    },
  },
  PIXELS_QUERY_INVALID: {
    retry: "never",
    message: {
      fr: "Le paramètre {parameter} de l'image demandée n'est pas valable.",
      en: "The parameter {parameter} of the rendered image is not valid.",
    },
    remedy: {
      fr: "Le corriger selon PS3.18 8.3.5.",
      en: "Correct it as PS3.18 8.3.5 has it.",
    },
  },
});

export type PixelsCode = keyof typeof pixelsErrors.definitions;

export const { fault } = pixelsErrors;
