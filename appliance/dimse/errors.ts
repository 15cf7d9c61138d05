import { defineErrors } from "../base/index.ts";

/** The causes of failure of the DICOM network layer. A fault of the network is never an empty answer. */
export const dimseErrors = defineErrors("dimse", {
  DIMSE_UNREACHABLE: {
    retry: "later",
    message: {
      fr: "Le nœud DICOM {host}:{port} est injoignable ({reason})",
      en: "The DICOM node {host}:{port} cannot be reached ({reason})",
    },
    remedy: {
      fr: "Vérifier l'adresse, le port, le pare-feu, et que le service DICOM du pair est démarré.",
      en: "Check the address, the port, the firewall, and that the peer's DICOM service is running.",
    },
  },
  DIMSE_TLS_FAILED: {
    retry: "human",
    message: {
      fr: "La session TLS avec {host}:{port} est refusée ({reason})",
      en: "The TLS session with {host}:{port} is refused ({reason})",
    },
    remedy: {
      fr: "Vérifier les certificats des deux côtés, leur autorité, et que le pair attend bien du TLS sur ce port.",
      en: "Check the certificates of both sides, their authority, and that the peer expects TLS on this port.",
    },
  },
  DIMSE_TIMEOUT: {
    retry: "later",
    message: {
      fr: "Le pair DICOM n'a pas répondu à temps ({phase}, {milliseconds} ms)",
      en: "The DICOM peer did not answer in time ({phase}, {milliseconds} ms)",
    },
    remedy: {
      fr: "Vérifier la charge du pair et le réseau ; le travail est repris automatiquement.",
      en: "Check the load of the peer and the network; the work is tried again by itself.",
    },
  },
  DIMSE_REJECTED: {
    retry: "human",
    message: {
      fr: "Le pair refuse l'association : {explanation} (résultat {result}, source {source}, raison {reason})",
      en: "The peer rejects the association: {explanation} (result {result}, source {source}, reason {reason})",
    },
    remedy: {
      fr: "Déclarer l'AE title et l'adresse de la DRIMbox chez le pair, et vérifier l'AE title appelé.",
      en: "Declare the AE title and the address of the DRIMbox at the peer, and check the called AE title.",
    },
  },
  DIMSE_REJECTED_TRANSIENT: {
    retry: "later",
    message: {
      fr: "Le pair refuse l'association pour le moment : {explanation} (source {source}, raison {reason})",
      en: "The peer rejects the association for now: {explanation} (source {source}, reason {reason})",
    },
    remedy: {
      fr: "Rien à faire si cela passe ; sinon réduire le nombre d'associations simultanées vers ce pair.",
      en: "Nothing if it passes; otherwise lower the number of simultaneous associations to this peer.",
    },
  },
  DIMSE_ABORTED: {
    retry: "later",
    message: {
      fr: "L'association DICOM est interrompue ({origin}, source {source}, raison {reason})",
      en: "The DICOM association is aborted ({origin}, source {source}, reason {reason})",
    },
    remedy: {
      fr: "Consulter le journal du pair à la même heure ; le travail est repris automatiquement.",
      en: "Read the peer's log at the same time; the work is tried again by itself.",
    },
  },
  DIMSE_CANCELLED: {
    retry: "never",
    message: {
      fr: "L'opération DICOM est annulée par l'appelant",
      en: "The DICOM operation is cancelled by its caller",
    },
    remedy: { fr: "Rien à faire.", en: "Nothing to do." },
  },
  DIMSE_CLOSED: {
    retry: "later",
    message: { fr: "L'association DICOM est déjà terminée", en: "The DICOM association has already ended" },
    remedy: { fr: "Ouvrir une nouvelle association.", en: "Open a new association." },
  },
  DIMSE_BUSY: {
    retry: "never",
    message: {
      fr: "Une opération est déjà en cours sur cette association",
      en: "An operation is already under way on this association",
    },
    remedy: {
      fr: "Finir l'opération, ou ouvrir une autre association.",
      en: "Finish the operation, or open another association.",
    },
  },
  DIMSE_NO_ACCEPTED_CONTEXT: {
    retry: "human",
    message: {
      fr: "Le pair n'accepte pas {abstractSyntax} en {transferSyntax}",
      en: "The peer does not accept {abstractSyntax} in {transferSyntax}",
    },
    remedy: {
      fr: "Activer ce service et cette syntaxe de transfert chez le pair pour la DRIMbox.",
      en: "Enable this service and this transfer syntax at the peer for the DRIMbox.",
    },
  },
  DIMSE_OUT_OF_RESOURCES: {
    retry: "later",
    message: {
      fr: "Le pair manque de ressources ({service}, statut {status})",
      en: "The peer is out of resources ({service}, status {status})",
    },
    remedy: {
      fr: "Vérifier l'espace disque et la charge du pair, et qu'il peut joindre la destination ; repris automatiquement.",
      en: "Check the disk and the load of the peer, and that it reaches the destination; tried again by itself.",
    },
  },
  DIMSE_DESTINATION_UNKNOWN: {
    retry: "human",
    message: {
      fr: "Le pair ne connaît pas la destination de C-MOVE {destination}",
      en: "The peer does not know the C-MOVE destination {destination}",
    },
    remedy: {
      fr: "Déclarer chez le pair l'AE title, l'adresse et le port de réception de la DRIMbox.",
      en: "Declare at the peer the AE title, the address and the receiving port of the DRIMbox.",
    },
  },
  DIMSE_STATUS_FAILURE: {
    retry: "human",
    message: {
      fr: "Le pair répond par un échec ({service}, statut {status})",
      en: "The peer answers with a failure ({service}, status {status})",
    },
    remedy: {
      fr: "Lire le commentaire du pair et son journal ; corriger la requête ou la configuration.",
      en: "Read the peer's comment and its log; correct the request or the configuration.",
    },
  },
  DIMSE_PROTOCOL_ERROR: {
    retry: "human",
    message: {
      fr: "Le pair ne respecte pas le protocole DICOM : {problem}",
      en: "The peer breaks the DICOM protocol: {problem}",
    },
    remedy: {
      fr: "Vérifier que le port est bien celui d'un service DICOM (avec ou sans TLS) ; signaler à l'éditeur du pair.",
      en: "Check that the port is that of a DICOM service (with or without TLS); tell the vendor of the peer.",
    },
  },
  DIMSE_LIMIT_EXCEEDED: {
    retry: "never",
    message: {
      fr: "Le message DICOM dépasse la limite {limit} ({value} pour {maximum})",
      en: "The DICOM message exceeds the limit {limit} ({value} for {maximum})",
    },
    remedy: { fr: "Réduire la requête.", en: "Make the request smaller." },
  },
  DIMSE_LISTEN_FAILED: {
    retry: "human",
    message: {
      fr: "Impossible d'écouter sur le port DICOM {port} ({reason})",
      en: "Cannot listen on the DICOM port {port} ({reason})",
    },
    remedy: {
      fr: "Choisir un port libre, que le système autorise.",
      en: "Choose a free port that the system allows.",
    },
  },
  DIMSE_INVALID_REQUEST: {
    retry: "never",
    message: { fr: "Demande DICOM impossible : {problem}", en: "Impossible DICOM request: {problem}" },
    remedy: {
      fr: "Corriger la configuration (AE title de 1 à 16 caractères, contextes de présentation, destination).",
      en: "Correct the configuration (AE title of 1 to 16 characters, presentation contexts, destination).",
    },
  },
});

export const { fault } = dimseErrors;
