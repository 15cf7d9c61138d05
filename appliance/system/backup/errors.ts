import { defineErrors } from "../../base/index.ts";

/** What can go wrong while saving a box or restoring it. */
export const backupErrors = defineErrors("system/backup", {
  BACKUP_RUNNING: {
    retry: "later",
    message: { fr: "Une sauvegarde est déjà en cours.", en: "A backup is already under way." },
    remedy: { fr: "Attendre sa fin, ou l'annuler.", en: "Wait for its end, or cancel it." },
  },
  BACKUP_PASSPHRASE_SHORT: {
    retry: "human",
    message: {
      fr: "La phrase secrète est trop courte (au moins {least} caractères).",
      en: "The passphrase is too short (at least {least} characters).",
    },
    remedy: {
      fr: "En choisir une plus longue et la conserver hors de la DRIMbox : sans elle, la sauvegarde est perdue.",
      en: "Choose a longer one and keep it outside the box: without it, the backup is lost.",
    },
  },
  BACKUP_NO_SPACE: {
    retry: "human",
    message: {
      fr: "Il faut {needed} Mo libres dans le dossier de données, il y en a {free}.",
      en: "The data folder needs {needed} MB free and has {free}.",
    },
    remedy: { fr: "Libérer de l'espace ou agrandir le disque.", en: "Free some space or enlarge the disk." },
  },
  BACKUP_TARGET_FULL: {
    retry: "human",
    message: { fr: "Le support de sauvegarde est plein.", en: "The backup medium is full." },
    remedy: { fr: "Libérer de l'espace ou changer de support.", en: "Free some space or change the medium." },
  },
  BACKUP_TARGET_UNWRITABLE: {
    retry: "human",
    message: {
      fr: "La sauvegarde ne peut pas être écrite ({reason}).",
      en: "The backup cannot be written ({reason}).",
    },
    remedy: { fr: "Vérifier le chemin, les droits et le support.", en: "Check the path, the rights and the medium." },
  },
  BACKUP_TARGET_INSIDE: {
    retry: "human",
    message: {
      fr: "La sauvegarde ne s'écrit pas dans le dossier de données de la DRIMbox ({target}).",
      en: "A backup is not written into the box's own data folder ({target}).",
    },
    remedy: {
      fr: "Choisir un autre dossier, de préférence sur un autre disque.",
      en: "Choose another folder, preferably on another disk.",
    },
  },
  BACKUP_TARGET_OCCUPIED: {
    retry: "human",
    message: {
      fr: "{target} existe et n'est pas une sauvegarde de DRIMbox : il n'est pas remplacé.",
      en: "{target} exists and is no backup of a box: it is not replaced.",
    },
    remedy: { fr: "Choisir un autre nom de fichier.", en: "Choose another file name." },
  },
  BACKUP_UNREADABLE: {
    retry: "human",
    message: {
      fr: "Le fichier de sauvegarde ne peut pas être lu ({reason}).",
      en: "The backup file cannot be read ({reason}).",
    },
    remedy: { fr: "Vérifier le chemin et le support.", en: "Check the path and the medium." },
  },
  BACKUP_NOT_ONE: {
    retry: "never",
    message: {
      fr: "Ce fichier n'est pas une sauvegarde que cette version connaît.",
      en: "This file is no backup that this version knows.",
    },
    remedy: {
      fr: "Choisir un fichier produit par « box backup », ou installer une version plus récente.",
      en: "Choose a file made by `box backup`, or install a newer version.",
    },
  },
  BACKUP_PASSPHRASE_NEEDED: {
    retry: "human",
    message: { fr: "La sauvegarde est chiffrée.", en: "The backup is encrypted." },
    remedy: { fr: "Donner la phrase secrète de la sauvegarde.", en: "Give the passphrase of the backup." },
  },
  BACKUP_PASSPHRASE_WRONG: {
    retry: "human",
    message: {
      fr: "La phrase secrète n'est pas celle de cette sauvegarde.",
      en: "The passphrase is not that of this backup.",
    },
    remedy: { fr: "Vérifier la phrase secrète et le fichier.", en: "Check the passphrase and the file." },
  },
  BACKUP_DAMAGED: {
    retry: "never",
    message: {
      fr: "La sauvegarde est endommagée ou a été modifiée ({reason}) ; rien n'a été restauré.",
      en: "The backup is damaged or was altered ({reason}); nothing was restored.",
    },
    remedy: {
      fr: "La copier de nouveau depuis son support, ou prendre une autre sauvegarde.",
      en: "Copy it again from its medium, or take another backup.",
    },
  },
  BACKUP_FOLDER_NOT_EMPTY: {
    retry: "human",
    message: {
      fr: "Le dossier {folder} contient déjà une DRIMbox.",
      en: "The folder {folder} already holds a box.",
    },
    remedy: {
      fr: "Choisir un autre dossier, ou demander explicitement le remplacement : l'ancienne base est mise de côté.",
      en: "Choose another folder, or ask for the replacement explicitly: the old database is put aside.",
    },
  },
  BACKUP_FOLDER_UNUSABLE: {
    retry: "human",
    message: {
      fr: "La restauration n'a pas pu écrire dans le dossier {folder} ({reason}).",
      en: "The restoration could not write into the folder {folder} ({reason}).",
    },
    remedy: { fr: "Vérifier les droits et le disque.", en: "Check the rights and the disk." },
  },
});

export const damaged = (reason: string, cause?: unknown) =>
  backupErrors.fault("BACKUP_DAMAGED", { details: { reason }, cause });
