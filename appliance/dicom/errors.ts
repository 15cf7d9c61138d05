import { defineErrors } from "../base/index.ts";

const badObject = {
  fr: "Faire renvoyer l'objet par son émetteur ; s'il reste illisible, signaler le défaut à l'éditeur de la modalité ou du PACS.",
  en: "Have the sender send the object again; if it stays unreadable, report the defect to the vendor of the modality or PACS.",
};
const tooLarge = {
  fr: "Vérifier que l'objet est authentique ; sinon bloquer son émetteur.",
  en: "Check that the object is genuine; otherwise block its sender.",
};
const ourFault = {
  fr: "Signaler l'anomalie au support de la DRIMbox avec ce code.",
  en: "Report this code to the support of the DRIMbox.",
};

/** Why a DICOM object cannot be read or written. */
export const dicomErrors = defineErrors("dicom", {
  DICOM_NOT_DICOM: {
    retry: "never",
    message: {
      fr: "Ces octets ne sont pas un objet DICOM : ni en-tête Part 10, ni jeu de données reconnaissable.",
      en: "These bytes are no DICOM object: neither a Part 10 header nor a recognisable data set.",
    },
    remedy: badObject,
  },
  DICOM_TRANSFER_SYNTAX_UNKNOWN: {
    retry: "never",
    message: {
      fr: "Syntaxe de transfert inconnue : {uid}.",
      en: "Unknown transfer syntax: {uid}.",
    },
    remedy: {
      fr: "Configurer l'émetteur pour une syntaxe de transfert de la norme.",
      en: "Configure the sender to use a transfer syntax of the standard.",
    },
  },
  DICOM_TRUNCATED: {
    retry: "never",
    message: {
      fr: "Objet DICOM incomplet : {needed} octets annoncés, {present} présents.",
      en: "Incomplete DICOM object: {needed} bytes announced, {present} present.",
    },
    remedy: badObject,
  },
  DICOM_LENGTH_INVALID: {
    retry: "never",
    message: {
      fr: "Longueur d'élément incompatible avec ce qui l'entoure.",
      en: "Element length that contradicts what surrounds it.",
    },
    remedy: badObject,
  },
  DICOM_VR_INVALID: {
    retry: "never",
    message: {
      fr: "Représentation de valeur (VR) illisible : les octets ne suivent pas la syntaxe de transfert annoncée.",
      en: "Unreadable value representation: the bytes do not follow the announced transfer syntax.",
    },
    remedy: badObject,
  },
  DICOM_SEQUENCE_INVALID: {
    retry: "never",
    message: {
      fr: "Séquence DICOM mal formée : élément ou délimiteur à une place interdite.",
      en: "Malformed DICOM sequence: item or delimiter where none may stand.",
    },
    remedy: badObject,
  },
  DICOM_TOO_DEEP: {
    retry: "never",
    message: {
      fr: "Séquences DICOM imbriquées au-delà de {limit} niveaux.",
      en: "DICOM sequences nested beyond {limit} levels.",
    },
    remedy: tooLarge,
  },
  DICOM_TOO_MANY_ELEMENTS: {
    retry: "never",
    message: {
      fr: "Plus de {limit} éléments dans un jeu de données.",
      en: "More than {limit} elements in one data set.",
    },
    remedy: tooLarge,
  },
  DICOM_HEADER_TOO_LARGE: {
    retry: "never",
    message: {
      fr: "Plus de {limit} octets avant les pixels.",
      en: "More than {limit} bytes before the pixel data.",
    },
    remedy: tooLarge,
  },
  DICOM_INFLATE_LIMIT: {
    retry: "never",
    message: {
      fr: "Jeu de données compressé qui dépasse la taille permise une fois décompressé ({limit} octets).",
      en: "Deflated data set that exceeds the size allowed once inflated ({limit} bytes).",
    },
    remedy: tooLarge,
  },
  DICOM_INFLATE_INVALID: {
    retry: "never",
    message: {
      fr: "Jeu de données compressé (deflate) illisible.",
      en: "Unreadable deflated data set.",
    },
    remedy: badObject,
  },
  DICOM_TEXT_NOT_ENCODABLE: {
    retry: "human",
    message: {
      fr: "Texte impossible à écrire dans le jeu de caractères {charset}.",
      en: "Text that the character set {charset} cannot hold.",
    },
    remedy: ourFault,
  },
  DICOM_VALUE_INVALID: {
    retry: "human",
    message: {
      fr: "Valeur qui ne convient pas à la représentation {vr}.",
      en: "Value that does not suit the value representation {vr}.",
    },
    remedy: ourFault,
  },
  DICOM_PIXELS_UNDESCRIBED: {
    retry: "never",
    message: {
      fr: "L'objet ne dit pas comment ses pixels sont rangés : attribut absent ou sans sens.",
      en: "The object does not say how its pixels are laid out: attribute absent or meaningless.",
    },
    remedy: badObject,
  },
  DICOM_FRAMES_NOT_ALIGNED: {
    retry: "never",
    message: {
      fr: "Images d'un bit par pixel qui ne commencent pas sur un octet : elles ne se séparent pas.",
      en: "Frames of one bit a pixel that do not begin on a byte: they cannot be taken apart.",
    },
    remedy: {
      fr: "Demander l'objet entier, pas ses images une à une.",
      en: "Ask for the whole object, not for its frames one by one.",
    },
  },
  DICOM_FRAMES_NOT_FOUND: {
    retry: "never",
    message: {
      fr: "{frames} images annoncées, {fragments} fragments, et rien ne dit où chaque image commence.",
      en: "{frames} frames announced, {fragments} fragments, and nothing says where each frame begins.",
    },
    remedy: {
      fr: "Demander l'objet entier, pas ses images une à une ; signaler à l'éditeur du PACS la table des décalages absente ou fausse.",
      en: "Ask for the whole object, not for its frames one by one; report the absent or wrong offset table to the vendor of the PACS.",
    },
  },
  DICOM_NOT_TRANSCODABLE: {
    retry: "never",
    message: {
      fr: "Des pixels compressés ne s'écrivent pas dans la syntaxe de transfert {uid}.",
      en: "Compressed pixel data cannot be written in transfer syntax {uid}.",
    },
    remedy: ourFault,
  },
});

export const { fault } = dicomErrors;
