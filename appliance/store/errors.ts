import { defineErrors } from "../base/index.ts";

export const storeErrors = defineErrors("store", {
  STORE_FULL: {
    retry: "later",
    message: {
      fr: "Le disque de la DRIMbox est plein : rien n'a été enregistré.",
      en: "The disk of the box is full: nothing was recorded.",
    },
    remedy: {
      fr: "Libérer de l'espace ou agrandir le disque ; la DRIMbox reprend seule.",
      en: "Free some space or enlarge the disk; the box goes on by itself.",
    },
  },
  STORE_UNAVAILABLE: {
    retry: "later",
    message: {
      fr: "La base locale ne répond pas ({reason}).",
      en: "The local database does not answer ({reason}).",
    },
    remedy: {
      fr: "Vérifier le disque ; redémarrer la DRIMbox si le défaut persiste.",
      en: "Check the disk; restart the box if the fault persists.",
    },
  },
  STORE_IN_USE: {
    retry: "human",
    message: {
      fr: "Une autre DRIMbox tient déjà la base locale.",
      en: "Another box already holds the local database.",
    },
    remedy: { fr: "Arrêter l'autre, ou changer dataFolder.", en: "Stop the other one, or change dataFolder." },
  },
  STORE_CORRUPT: {
    retry: "human",
    message: { fr: "La base locale est endommagée.", en: "The local database is damaged." },
    remedy: {
      fr: "Restaurer la dernière sauvegarde et appeler l'assistance.",
      en: "Restore the last backup and call support.",
    },
  },
  STORE_NEWER: {
    retry: "human",
    message: {
      fr: "La base locale vient d'une version plus récente du logiciel (schéma {found}, connu {known}).",
      en: "The local database comes from a newer version of the software (schema {found}, known {known}).",
    },
    remedy: {
      fr: "Réinstaller la version récente, ou restaurer une sauvegarde de la présente.",
      en: "Install the newer version again, or restore a backup of this one.",
    },
  },
  STORE_CONFLICT: {
    retry: "later",
    message: {
      fr: "L'examen {exam} a changé entre-temps ; l'action n'a pas été appliquée.",
      en: "Exam {exam} has changed meanwhile; the action was not applied.",
    },
    remedy: { fr: "Relire l'examen et recommencer.", en: "Read the exam again and start over." },
  },
  STORE_JOB_RUNNING: {
    retry: "human",
    message: {
      fr: "Un traitement « {kind} » est déjà en cours.",
      en: 'A "{kind}" job is running already.',
    },
    remedy: { fr: "Attendre sa fin, ou l'annuler.", en: "Wait for its end, or cancel it." },
  },
});
