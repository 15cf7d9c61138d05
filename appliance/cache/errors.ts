import { defineErrors } from "../base/index.ts";

export const cacheErrors = defineErrors("cache", {
  CACHE_FULL: {
    retry: "later",
    message: { fr: "Plus de place pour garder des images.", en: "No room left to keep images." },
    remedy: {
      fr: "Agrandir le disque ou la limite du cache ; la DRIMbox libère ce qui n'est plus lu.",
      en: "Enlarge the disk or the limit of the cache; the box frees what is not read any more.",
    },
  },
  CACHE_WITHDRAWN: {
    retry: "never",
    message: { fr: "Ces images viennent d'être retirées.", en: "These images have just been withdrawn." },
    remedy: { fr: "Relire le manifeste en vigueur dans le DMP.", en: "Read the manifest in force in the record." },
  },
  CACHE_INTERRUPTED: {
    retry: "later",
    message: {
      fr: "La récupération des images s'est interrompue.",
      en: "The retrieval of the images was interrupted.",
    },
    remedy: { fr: "Redemander.", en: "Ask again." },
  },
  CACHE_ITEM_TWICE: {
    retry: "never",
    message: { fr: "La même image est arrivée deux fois.", en: "The same image came twice." },
    remedy: { fr: "La première est gardée.", en: "The first one is kept." },
  },
  CACHE_DISK: {
    retry: "later",
    message: { fr: "Le disque du cache refuse ({reason}).", en: "The disk of the cache refuses ({reason})." },
    remedy: {
      fr: "Vérifier le disque, les droits du dossier et le nombre de fichiers ouverts permis.",
      en: "Check the disk, the rights of the folder and how many open files are allowed.",
    },
  },
  CACHE_UNREADABLE: {
    retry: "later",
    message: {
      fr: "Les images gardées ne se lisent plus ({reason}).",
      en: "The images that were kept cannot be read any more ({reason}).",
    },
    remedy: {
      fr: "Redemander : elles seront reprises du PACS. Vérifier le disque si cela persiste.",
      en: "Ask again: they are fetched from the PACS anew. Check the disk if it lasts.",
    },
  },
});

export const { fault } = cacheErrors;
