import { defineErrors } from "../base/index.ts";

export const auditErrors = defineErrors("audit", {
  AUDIT_CHAIN_BROKEN: {
    retry: "human",
    message: {
      fr: "Les traces d'audit ont été altérées : la chaîne est rompue à l'enregistrement {seq} ({reason}).",
      en: "The audit trail was tampered with: its chain breaks at record {seq} ({reason}).",
    },
    remedy: {
      fr: "Conserver la base telle quelle, prévenir le responsable de la sécurité, comparer avec une sauvegarde.",
      en: "Keep the database as it is, tell the security officer, compare with a backup.",
    },
  },
  AUDIT_EXPORT_CUT: {
    retry: "human",
    message: {
      fr: "Les traces d'audit ont perdu ce que le dépôt {peer} avait déjà reçu : enregistrement {seq} ({reason}).",
      en: "The audit trail has lost what the repository {peer} had taken: record {seq} ({reason}).",
    },
    remedy: {
      fr: "Conserver la base telle quelle, prévenir le responsable de la sécurité ; le dépôt a les traces qui manquent. Rien ne lui est plus envoyé d'ici là.",
      en: "Keep the database as it is, tell the security officer; the repository has what is missing. Nothing more is sent to it until then.",
    },
  },
  AUDIT_PURGE_HELD: {
    retry: "later",
    message: {
      fr: "Des traces d'audit échues depuis {since} sont gardées : le dépôt de traces ne les a pas encore.",
      en: "Audit records past their time, from {since} on, are kept: the audit repository does not have them yet.",
    },
    remedy: {
      fr: "Rétablir l'envoi au dépôt de traces, ou retirer audit.export de la configuration.",
      en: "Have the audit repository take records again, or remove audit.export from the configuration.",
    },
  },
  AUDIT_PERIOD_INVALID: {
    retry: "never",
    message: {
      fr: "La période du {from} au {to} n'existe pas.",
      en: "There is no period from {from} to {to}.",
    },
    remedy: {
      fr: "Donner des jours qui existent (AAAA-MM-JJ), le premier avant le dernier.",
      en: "Give days that exist (YYYY-MM-DD), the first before the last.",
    },
  },
  AUDIT_EXPORT_UNREACHABLE: {
    retry: "later",
    message: {
      fr: "Le dépôt de traces {peer} ne répond pas ({reason}).",
      en: "The audit repository {peer} does not answer ({reason}).",
    },
    remedy: {
      fr: "Vérifier l'adresse et le réseau ; les traces sont gardées et partiront au retour du dépôt.",
      en: "Check the address and the network; records are kept and leave when the repository is back.",
    },
  },
  AUDIT_EXPORT_REFUSED: {
    retry: "later",
    message: {
      fr: "Pas de liaison TLS avec le dépôt de traces {peer} ({reason}).",
      en: "No TLS with the audit repository {peer} ({reason}).",
    },
    remedy: {
      fr: "Vérifier les certificats des deux côtés et l'heure.",
      en: "Check the certificates of both sides and the clock.",
    },
  },
  AUDIT_EXPORT_UNCONFIRMED: {
    retry: "later",
    message: {
      fr: "Le dépôt de traces {peer} n'a pas confirmé l'envoi ({reason}) : il sera répété.",
      en: "The audit repository {peer} did not confirm the delivery ({reason}): it is repeated.",
    },
    remedy: {
      fr: "Vérifier que le dépôt suit la RFC 5425 (close_notify, section 4.4).",
      en: "Check that the repository follows RFC 5425 (close_notify, section 4.4).",
    },
  },
});
