import type { ErrorDefinition } from "../../base/index.ts";

/** Why images do not leave the box. */
export const images = {
  SOURCE_METHOD_NOT_ALLOWED: {
    retry: "never",
    message: {
      fr: "Cette adresse ne connaît que : {allow}.",
      en: "This address knows these methods only: {allow}.",
    },
    remedy: { fr: "Demander par GET.", en: "Ask by GET." },
  },
  SOURCE_MANIFEST_NOT_NAMED: {
    retry: "never",
    message: {
      fr: "La demande ne cite pas de manifeste (en-tête KOS-SOPInstanceUID).",
      en: "The request names no manifest (header KOS-SOPInstanceUID).",
    },
    remedy: {
      fr: "Citer le SOP Instance UID du manifeste lu dans le DMP.",
      en: "Name the SOP Instance UID of the manifest that was read in the record.",
    },
  },
  SOURCE_MANIFEST_UNKNOWN: {
    retry: "never",
    message: {
      fr: "Le manifeste cité n'est pas celui que cette DRIMbox a publié pour cet examen.",
      en: "The manifest named is not the one that this box has published for this study.",
    },
    remedy: {
      fr: "Relire le manifeste en vigueur dans le DMP.",
      en: "Read the manifest in force in the record again.",
    },
  },
  SOURCE_MANIFEST_WITHDRAWN: {
    retry: "never",
    message: {
      fr: "Cet examen a été retiré du DMP.",
      en: "This study was withdrawn from the record.",
    },
    remedy: {
      fr: "Relire la liste des documents dans le DMP.",
      en: "Read the list of documents in the record again.",
    },
  },
  SOURCE_NOT_IN_MANIFEST: {
    retry: "never",
    message: {
      fr: "Le manifeste cité ne contient pas l'objet demandé.",
      en: "The manifest named does not hold the object asked for.",
    },
    remedy: {
      fr: "Ne demander que ce que le manifeste contient.",
      en: "Ask only for what the manifest holds.",
    },
  },
  SOURCE_IDENTITY_NOT_SERVED: {
    retry: "human",
    message: {
      fr: "Le manifeste de cet examen ne porte pas d'INS, ou pas d'identifiant local : ses images ne sont pas envoyées.",
      en: "The manifest of this study bears no INS, or no local identifier: its images are not sent.",
    },
    remedy: {
      fr: "Republier l'examen depuis le compte rendu.",
      en: "Publish the study again from its report.",
    },
  },
  SOURCE_WHITE_LIST_UNVERIFIED: {
    retry: "human",
    message: {
      fr: "Les images ne sont pas servies : cette version ne sait pas encore vérifier la signature de la liste blanche nationale.",
      en: "Images are not served: this version cannot verify the signature of the national white list yet.",
    },
    remedy: {
      fr: "Installer une version qui la vérifie ; en bac à sable, site.environment vaut test.",
      en: "Install a version that verifies it; in a sandbox site.environment is test.",
    },
  },
  SOURCE_WHITE_LIST_MISSING: {
    retry: "human",
    message: {
      fr: "Aucune liste blanche nationale : personne ne peut demander d'images.",
      en: "No national white list: nobody may ask for images.",
    },
    remedy: { fr: "Fournir le fichier images.whiteListFile.", en: "Provide the file images.whiteListFile." },
  },
  SOURCE_PEER_UNLISTED: {
    retry: "never",
    message: {
      fr: "Le certificat présenté n'est pas sur la liste blanche nationale.",
      en: "The certificate shown is not on the national white list.",
    },
    remedy: {
      fr: "Le demandeur doit faire inscrire le nom de son certificat (DN) auprès de l'ANS.",
      en: "Who asks must have the name of his certificate (DN) put on the list by the ANS.",
    },
  },
  SOURCE_REQUEST_INVALID: {
    retry: "never",
    message: {
      fr: "Cette adresse ou cette méthode n'existe pas ici.",
      en: "No such address or method here.",
    },
    remedy: {
      fr: "Lire ce que la DRIMbox sait faire : OPTIONS sur la racine.",
      en: "Read what the box can do: OPTIONS on the root.",
    },
  },
  SOURCE_TOO_MANY_REQUESTS: {
    retry: "later",
    message: {
      fr: "Trop de demandes de ce correspondant en une minute.",
      en: "Too many requests of this peer in a minute.",
    },
    remedy: { fr: "Attendre le délai indiqué.", en: "Wait for the time that is given." },
  },
  SOURCE_IMAGES_BUSY: {
    retry: "later",
    message: {
      fr: "Trop d'envois d'images sont déjà en cours.",
      en: "Too many transfers of images are under way.",
    },
    remedy: { fr: "Redemander dans quelques secondes.", en: "Ask again in some seconds." },
  },
} as const satisfies Readonly<Record<string, ErrorDefinition>>;
