import { defineErrors } from "../../base/index.ts";

export const configurationErrors = defineErrors("system/config", {
  CONFIG_UNREADABLE: {
    retry: "human",
    message: {
      fr: "Le fichier de configuration ne peut pas être lu ({reason}).",
      en: "The configuration file cannot be read ({reason}).",
    },
    remedy: {
      fr: "Vérifier le chemin, les droits et la syntaxe JSON.",
      en: "Check the path, the rights and the JSON syntax.",
    },
  },
  CONFIG_INVALID: {
    retry: "human",
    message: {
      fr: "La configuration n'est pas valide : {problems}.",
      en: "The configuration is not valid: {problems}.",
    },
    remedy: {
      fr: "Corriger les valeurs citées ; la référence est docs/configuration.md.",
      en: "Correct the values named; the reference is docs/configuration.md.",
    },
  },
  CONFIG_FOLDER_IN_USE: {
    retry: "human",
    message: {
      fr: "Une autre DRIMbox tourne déjà sur le dossier {folder}.",
      en: "Another box already runs on the folder {folder}.",
    },
    remedy: { fr: "Arrêter l'autre, ou changer dataFolder.", en: "Stop the other one, or change dataFolder." },
  },
  CONFIG_FOLDER_UNUSABLE: {
    retry: "human",
    message: {
      fr: "Le dossier de données {folder} ne peut pas servir ({reason}).",
      en: "The data folder {folder} cannot be used ({reason}).",
    },
    remedy: { fr: "Vérifier dataFolder : chemin, droits, disque.", en: "Check dataFolder: path, rights, disk." },
  },
  CONFIG_CANNOT_LISTEN: {
    retry: "human",
    message: {
      fr: "Impossible d'écouter là où le dit {setting} ({reason}).",
      en: "Cannot listen where {setting} says ({reason}).",
    },
    remedy: {
      fr: "Libérer le port ou en choisir un autre ; vérifier l'adresse.",
      en: "Free the port or choose another; check the address.",
    },
  },
});
