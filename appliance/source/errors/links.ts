import type { ErrorDefinition } from "../../base/index.ts";

/** Why the link of a report opens nothing. */
export const links = {
  SOURCE_LINK_INCOHERENT: {
    retry: "never",
    message: {
      fr: "Ce lien ne correspond à aucun compte rendu en vigueur de ce site.",
      en: "This link matches no report in force at this site.",
    },
    remedy: {
      fr: "Ouvrir le lien depuis le compte rendu lui-même, dans sa dernière version, sans le recopier.",
      en: "Open the link from the report itself, in its latest version, without copying it by hand.",
    },
  },
  SOURCE_LINK_NO_IMAGES: {
    retry: "never",
    message: {
      fr: "Le site n'a pas d'images à montrer pour cet examen.",
      en: "The site has no images to show of this exam.",
    },
    remedy: {
      fr: "S'adresser au service d'imagerie qui a fait l'examen.",
      en: "Ask the imaging department that made the exam.",
    },
  },
} as const satisfies Readonly<Record<string, ErrorDefinition>>;
