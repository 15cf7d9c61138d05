/** Every cause the HL7 room can give, and what each becomes in an ERR segment. */
import { defineErrors } from "../base/index.ts";

const resend = {
  fr: "Corrigez le message dans le RIS, puis renvoyez-le avec un nouvel identifiant.",
  en: "Correct the message in the RIS, then send it again with a new control id.",
};
const sender = {
  fr: "Transmettez ce code et l'emplacement indiqué à l'éditeur du RIS.",
  en: "Give this code and the location to the vendor of the RIS.",
};
const network = {
  fr: "Vérifiez l'adresse, le port, le chiffrement et le pare-feu, puis réessayez.",
  en: "Check the address, the port, the encryption and the firewall, then try again.",
};

export const hl7Errors = defineErrors("hl7", {
  HL7_NOT_A_MESSAGE: {
    retry: "never",
    message: {
      fr: "Ce n'est pas un message HL7 v2 : segment MSH illisible.",
      en: "Not an HL7 v2 message: no readable MSH.",
    },
    remedy: sender,
  },
  HL7_MESSAGE_TOO_LARGE: {
    retry: "never",
    message: {
      fr: "Le message dépasse la taille permise ({limit} octets).",
      en: "The message is larger than allowed ({limit} bytes).",
    },
    remedy: {
      fr: "Réduisez le document (PDF) ou relevez la limite dans la configuration de la DRIMbox.",
      en: "Make the document (PDF) smaller or raise the limit in the configuration of the box.",
    },
  },
  HL7_TOO_MANY_PARTS: {
    retry: "never",
    message: {
      fr: "Le message a trop de segments, de champs ou de répétitions (limite {limit}).",
      en: "The message has too many segments, fields or repetitions (limit {limit}).",
    },
    remedy: sender,
  },
  HL7_CHARSET_UNKNOWN: {
    retry: "never",
    message: {
      fr: "MSH-18 nomme un jeu de caractères non pris en charge.",
      en: "MSH-18 names a character set that is not supported.",
    },
    remedy: {
      fr: "Le volet demande « UNICODE UTF-8 » ou « 8859/15 ».",
      en: "The profile asks for `UNICODE UTF-8` or `8859/15`.",
    },
  },
  HL7_CHARSET: {
    retry: "never",
    message: {
      fr: "Des octets ne sont pas du texte du jeu de caractères annoncé ({charset}).",
      en: "Some bytes are not text of the declared character set ({charset}).",
    },
    remedy: {
      fr: "Faites correspondre MSH-18 et l'encodage réellement émis par le RIS.",
      en: "Make MSH-18 agree with the encoding that the RIS really sends.",
    },
  },
  HL7_MESSAGE_TYPE: {
    retry: "never",
    message: { fr: "Type de message non pris en charge ici.", en: "This message type is not handled here." },
    remedy: {
      fr: "Ce port attend les comptes rendus (ORU^R01 ou MDM^T02, T04, T10) et les demandes d'imagerie (OMI^O23).",
      en: "This port expects reports (ORU^R01 or MDM^T02, T04, T10) and imaging orders (OMI^O23).",
    },
  },
  HL7_MESSAGE_EVENT: {
    retry: "never",
    message: {
      fr: "Événement non pris en charge pour ce type de message.",
      en: "This event is not handled for this message type.",
    },
    remedy: {
      fr: "Événements attendus : R01 pour ORU ; T02, T04, T10 pour MDM ; O23 pour OMI.",
      en: "Expected events: R01 for ORU; T02, T04, T10 for MDM; O23 for OMI.",
    },
  },
  HL7_PROCESSING_ID: {
    retry: "never",
    message: { fr: "MSH-11 doit valoir P, T ou D.", en: "MSH-11 must be P, T or D." },
    remedy: sender,
  },
  HL7_VERSION: {
    retry: "never",
    message: { fr: "Version HL7 non prise en charge.", en: "This HL7 version is not supported." },
    remedy: {
      fr: "Attendu : 2.5 (ORU), 2.6 (MDM) ou 2.5.1 (OMI).",
      en: "Expected: 2.5 (ORU), 2.6 (MDM) or 2.5.1 (OMI).",
    },
  },
  HL7_PROFILE: {
    retry: "never",
    message: {
      fr: "MSH-21 ne désigne pas une version prise en charge du volet de transmission d'un document CDA.",
      en: "MSH-21 does not name a supported version of the CDA transmission profile.",
    },
    remedy: {
      fr: "Attendu : 2.1^CISIS_CDA_HL7_V2 (2.0 accepté). Mettez à jour le connecteur du RIS.",
      en: "Expected: 2.1^CISIS_CDA_HL7_V2 (2.0 accepted). Update the connector of the RIS.",
    },
  },
  HL7_SEGMENT_ORDER: {
    retry: "never",
    message: {
      fr: "Segment {segment} absent ou mal placé.",
      en: "Segment {segment} is missing or out of order.",
    },
    remedy: sender,
  },
  HL7_FIELD_MISSING: {
    retry: "never",
    message: { fr: "Champ obligatoire absent.", en: "A required field is missing." },
    remedy: resend,
  },
  HL7_FIELD_TYPE: {
    retry: "never",
    message: { fr: "Valeur mal formée.", en: "A value is not well formed." },
    remedy: sender,
  },
  HL7_FIELD_VALUE: {
    retry: "never",
    message: { fr: "Valeur hors de la table attendue.", en: "A value is not in the expected table." },
    remedy: sender,
  },
  HL7_PLACEHOLDER: {
    retry: "never",
    message: {
      fr: "Le message contient un modèle non rempli ({{...}}).",
      en: "The message holds a template that was not filled in ({{...}}).",
    },
    remedy: resend,
  },
  HL7_REPEATED_SEGMENT: {
    retry: "never",
    message: {
      fr: "Le segment {segment} est répété : un message porte un seul patient et un seul compte rendu.",
      en: "Segment {segment} is repeated: a message carries one patient and one report.",
    },
    remedy: resend,
  },
  HL7_NO_DOCUMENT: {
    retry: "never",
    message: { fr: "Aucun document CDA dans le message.", en: "The message carries no CDA document." },
    remedy: {
      fr: "Le premier OBX doit être de type ED et porter ^TEXT^XML^Base64^ suivi du document.",
      en: "The first OBX must be of type ED and hold ^TEXT^XML^Base64^ followed by the document.",
    },
  },
  HL7_SEVERAL_DOCUMENTS: {
    retry: "never",
    message: {
      fr: "Plusieurs documents dans un message : un seul est permis en vague 2.",
      en: "Several documents in one message: only one is allowed in wave 2.",
    },
    remedy: { fr: "Envoyez un message par document.", en: "Send one message for each document." },
  },
  HL7_DOCUMENT_ENCODING: {
    retry: "never",
    message: {
      fr: "OBX-5 n'a pas la forme ^TEXT^XML^Base64^ suivie d'un base64 valide.",
      en: "OBX-5 is not ^TEXT^XML^Base64^ followed by valid base64.",
    },
    remedy: sender,
  },
  HL7_DOCUMENT_TOO_LARGE: {
    retry: "never",
    message: {
      fr: "Le document dépasse la taille permise ({limit} octets).",
      en: "The document is larger than allowed ({limit} bytes).",
    },
    remedy: {
      fr: "Réduisez le document (PDF) ou relevez la limite dans la configuration de la DRIMbox.",
      en: "Make the document (PDF) smaller or raise the limit in the configuration of the box.",
    },
  },
  HL7_NOT_AN_IMAGING_REPORT: {
    retry: "never",
    message: {
      fr: "Le document n'est pas un compte rendu d'imagerie (OBR-4).",
      en: "The document is not an imaging report (OBR-4).",
    },
    remedy: {
      fr: "N'envoyez à la DRIMbox que les documents de type 18748-4.",
      en: "Send the box only documents of type 18748-4.",
    },
  },
  HL7_DOCUMENT_TYPE_MISMATCH: {
    retry: "never",
    message: { fr: "OBR-4 et OBX-3 ne désignent pas le même type.", en: "OBR-4 and OBX-3 do not name the same type." },
    remedy: resend,
  },
  HL7_ACTION_MISMATCH: {
    retry: "never",
    message: {
      fr: "ORC-1, OBX-11 et l'événement ne désignent pas la même action.",
      en: "ORC-1, OBX-11 and the event do not name the same action.",
    },
    remedy: resend,
  },
  HL7_REPORT_NOT_FINAL: {
    retry: "never",
    message: {
      fr: "Le compte rendu n'est pas validé (OBX-11).",
      en: "The report is not validated (OBX-11).",
    },
    remedy: {
      fr: "Envoyez le compte rendu une fois validé, avec OBX-11 à F.",
      en: "Send the report once it is validated, with F in OBX-11.",
    },
  },
  HL7_VISIBILITY_WITHOUT_REPLACEMENT: {
    retry: "never",
    message: {
      fr: "MODIF_CONF_CODE vaut Y, mais le message ne remplace pas un compte rendu.",
      en: "MODIF_CONF_CODE is Y, but the message replaces no report.",
    },
    remedy: resend,
  },
  HL7_DOCUMENT_NOT_CDA: {
    retry: "never",
    message: {
      fr: "Le message s'écarte du volet et son document n'est pas un CDA (ClinicalDocument, urn:hl7-org:v3).",
      en: "The message departs from the profile and its document is not a CDA (ClinicalDocument, urn:hl7-org:v3).",
    },
    remedy: sender,
  },
  HL7_DOCUMENT_BY_REFERENCE: {
    retry: "never",
    message: {
      fr: "Le document est désigné par une adresse (OBX-2 RP) au lieu d'être dans le message.",
      en: "The document is named by an address (OBX-2 RP) and is not in the message.",
    },
    remedy: {
      fr: "Réglez le RIS pour qu'il joigne le CDA en base64 (OBX-2 ED).",
      en: "Have the RIS put the CDA into the message as base64 (OBX-2 ED).",
    },
  },
  HL7_ORDER_MISMATCH: {
    retry: "never",
    message: {
      fr: "La demande d'imagerie se contredit : son action ou son numéro n'est pas le même partout.",
      en: "The imaging order contradicts itself: its action or its number is not the same everywhere.",
    },
    remedy: resend,
  },
  HL7_ORDER_WITHOUT_STUDY: {
    retry: "never",
    message: {
      fr: "La demande d'imagerie ne désigne pas d'étude (IPC-3, Study Instance UID).",
      en: "The imaging order names no study (IPC-3, Study Instance UID).",
    },
    remedy: sender,
  },
  HL7_PROCESSING_FAILED: {
    retry: "later",
    message: {
      fr: "La DRIMbox n'a pas pu prendre le message en charge.",
      en: "The box could not take charge of the message.",
    },
    remedy: { fr: "Renvoyez le même message plus tard.", en: "Send the same message again later." },
  },
  HL7_LISTEN_FAILED: {
    retry: "human",
    message: {
      fr: "Impossible d'écouter les RIS sur {host}, port {port}.",
      en: "Cannot listen for the RIS on {host}, port {port}.",
    },
    remedy: {
      fr: "Vérifiez que l'adresse est celle de la DRIMbox et que le port est libre.",
      en: "Check that the address is one of this box and that the port is free.",
    },
  },
  HL7_ADDRESS_INVALID: {
    retry: "human",
    message: {
      fr: "{entry} n'est ni une adresse IP ni un réseau (adresse/préfixe).",
      en: "{entry} is neither an IP address nor a network (address/prefix).",
    },
    remedy: {
      fr: "Corrigez la liste des RIS autorisés dans la configuration.",
      en: "Correct the list of allowed RIS in the configuration.",
    },
  },
  HL7_PEER_UNREACHABLE: {
    retry: "later",
    message: { fr: "Connexion MLLP impossible ou rompue.", en: "The MLLP connection failed or broke." },
    remedy: network,
  },
  HL7_ACK_TIMEOUT: {
    retry: "later",
    message: { fr: "Pas d'acquittement après {ms} ms.", en: "No acknowledgement after {ms} ms." },
    remedy: network,
  },
  HL7_ACK_UNFRAMED: {
    retry: "human",
    message: {
      fr: "Le pair a répondu un acquittement sans trame MLLP (0x0B ... 0x1C 0x0D).",
      en: "The peer answered an acknowledgement without the MLLP frame (0x0B ... 0x1C 0x0D).",
    },
    remedy: {
      fr: "Activez MLLP dans la réponse du pair.",
      en: "Turn MLLP on in the answers of the peer.",
    },
  },
});

export const { fault } = hl7Errors;

export type Hl7ErrorCode = keyof typeof hl7Errors.definitions;
