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
