import { defineErrors } from "../base/index.ts";
import { doubts } from "./errors/doubts.ts";
import { images } from "./errors/images.ts";
import { links } from "./errors/links.ts";
import { outcomes } from "./errors/outcomes.ts";

export const sourceErrors = defineErrors("source", {
  ...doubts,
  ...outcomes,
  ...images,
  ...links,
  SOURCE_INTERNAL: {
    retry: "later",
    message: { fr: "Erreur interne de la DRIMbox.", en: "Internal error of the box." },
    remedy: {
      fr: "La DRIMbox recommence seule ; appeler l'assistance si le défaut persiste.",
      en: "The box tries again by itself; call support if the fault persists.",
    },
  },
  SOURCE_EXAM_UNKNOWN: {
    retry: "never",
    message: { fr: "Aucun examen ne porte le numéro {exam}.", en: "No exam has the number {exam}." },
    remedy: { fr: "Lister les examens.", en: "List the exams." },
  },
  SOURCE_DESTINATION_PAUSED: {
    retry: "later",
    message: {
      fr: "{destination} ne répond plus ; les envois sont suspendus.",
      en: "{destination} does not answer any more; sending is paused.",
    },
    remedy: {
      fr: "Rien à faire : la DRIMbox réessaie à intervalles croissants.",
      en: "Nothing to do: the box tries again at growing intervals.",
    },
  },
  SOURCE_SENDER_INVALID: {
    retry: "human",
    message: {
      fr: "L'émetteur « {sender} » a une adresse ou un jeu de caractères illisible (hl7.senders).",
      en: 'The sender "{sender}" has an unreadable address or character set (hl7.senders).',
    },
    remedy: {
      fr: "Écrire une adresse IP ou un réseau (192.0.2.0/24), et un nom de jeu de MSH-18.",
      en: "Write an IP address or a network (192.0.2.0/24), and a name of MSH-18.",
    },
  },
  SOURCE_NOTHING_TO_DECIDE: {
    retry: "human",
    message: {
      fr: "Cette décision ({decision}) ne change rien à l'examen {exam}.",
      en: "This decision ({decision}) changes nothing in exam {exam}.",
    },
    remedy: { fr: "Relire l'examen : box exam {exam}.", en: "Read the exam again: box exam {exam}." },
  },
  SOURCE_MESSAGE_UNKNOWN: {
    retry: "human",
    message: {
      fr: "Le message {messageId} ne concerne pas cet examen.",
      en: "Message {messageId} does not concern this exam.",
    },
    remedy: { fr: "Lire la liste des messages : box exam.", en: "Read the list of messages: box exam." },
  },
  SOURCE_STILL_IN_RECORD: {
    retry: "human",
    message: {
      fr: "Le manifeste est encore lisible au DMP (archivé) : publier de nouveau en montrerait deux.",
      en: "The manifest can still be read in the DMP (archived): publishing anew would show two.",
    },
    remedy: {
      fr: "Le faire désarchiver ou supprimer dans le DMP, puis recommencer.",
      en: "Have it taken out of the archive or deleted in the DMP, then start over.",
    },
  },
});
