import { defineErrors } from "../base/index.ts";

/** What can be wrong with the keys and certificates of the box. */
export const trustErrors = defineErrors("trust", {
  TRUST_FILE_UNREADABLE: {
    retry: "human",
    message: { fr: "Fichier de clé ou de certificat illisible", en: "A key or certificate file cannot be read" },
    remedy: {
      fr: "Vérifier le chemin configuré, que le fichier existe et que la DRIMbox a le droit de le lire.",
      en: "Check the configured path, that the file exists and that the box may read it.",
    },
  },
  TRUST_KEY_INVALID: {
    retry: "human",
    message: {
      fr: "La clé privée n'est pas une clé RSA ou EC au format PEM sans mot de passe",
      en: "The private key is not an RSA or EC key in PEM without a passphrase",
    },
    remedy: {
      fr: "Convertir la clé en PEM PKCS #8 (openssl pkey) et la redéposer.",
      en: "Convert the key to PEM PKCS #8 (openssl pkey) and install it again.",
    },
  },
  TRUST_CERTIFICATE_INVALID: {
    retry: "human",
    message: { fr: "Le certificat n'est pas un certificat X.509 PEM", en: "The certificate is not X.509 PEM" },
    remedy: {
      fr: "Déposer le certificat de la structure au format PEM, suivi de ses autorités intermédiaires.",
      en: "Install the structure's certificate in PEM, followed by its intermediate authorities.",
    },
  },
  TRUST_KEY_MISMATCH: {
    retry: "human",
    message: {
      fr: "La clé privée n'est pas celle du certificat",
      en: "The private key does not belong to the certificate",
    },
    remedy: {
      fr: "Déposer ensemble la clé et le certificat issus de la même demande.",
      en: "Install together the key and the certificate that come from the same request.",
    },
  },
  TRUST_CERTIFICATE_EXPIRED: {
    retry: "human",
    message: {
      fr: "Le certificat {usage} de la structure {structure} est expiré depuis le {date}",
      en: "The {usage} certificate of structure {structure} expired on {date}",
    },
    remedy: {
      fr: "Renouveler le certificat auprès de l'IGC-Santé. Si la date semble future, vérifier l'horloge de la DRIMbox.",
      en: "Renew the certificate with IGC-Santé. If the date seems to be ahead, check the box's clock.",
    },
  },
  TRUST_CERTIFICATE_NOT_YET_VALID: {
    retry: "later",
    message: {
      fr: "L'horloge précède le début de validité ({date}) du certificat {usage} de la structure {structure}",
      en: "The clock is before the start of validity ({date}) of the {usage} certificate of structure {structure}",
    },
    remedy: {
      fr: "Vérifier l'horloge de la DRIMbox et sa synchronisation NTP avant de douter du certificat.",
      en: "Check the box's clock and its NTP synchronisation before doubting the certificate.",
    },
  },
  TRUST_DER_INVALID: {
    retry: "never",
    message: { fr: "Certificat ou liste de révocation mal encodé (DER)", en: "A certificate or CRL is not proper DER" },
    remedy: {
      fr: "Remplacer le fichier par l'original de l'autorité.",
      en: "Replace the file by the authority's original.",
    },
  },
  TRUST_NAME_INVALID: {
    retry: "never",
    message: {
      fr: "Nom distinctif illisible (RFC 4514)",
      en: "A distinguished name cannot be read (RFC 4514)",
    },
    remedy: {
      fr: "Corriger le nom à sa source : certificat, ou ligne de la liste blanche.",
      en: "Correct the name where it comes from: the certificate, or the line of the white list.",
    },
  },
  TRUST_CRL_INVALID: {
    retry: "human",
    message: {
      fr: "Liste de révocation inutilisable : {reason}",
      en: "A certificate revocation list cannot be used: {reason}",
    },
    remedy: {
      fr: "Télécharger à nouveau la liste (CRL) de l'autorité ; la précédente reste en service.",
      en: "Download the authority's list (CRL) again; the one before stays in use.",
    },
  },
  TRUST_CRL_FOREIGN: {
    retry: "human",
    message: {
      fr: "Liste de révocation qu'aucune autorité configurée n'a signée ({authority})",
      en: "A certificate revocation list that no configured authority signed ({authority})",
    },
    remedy: {
      fr: "Vérifier l'origine du fichier : il peut être d'une autre hiérarchie, ou falsifié. La précédente reste en service.",
      en: "Check where the file comes from: another hierarchy, or a forgery. The one before stays in use.",
    },
  },
  TRUST_CRL_OLDER: {
    retry: "never",
    message: {
      fr: "Liste de révocation plus ancienne ({date}) que celle en service",
      en: "A certificate revocation list older ({date}) than the one in use",
    },
    remedy: {
      fr: "Rien si la suivante arrive ; sinon vérifier d'où vient le fichier : une vieille liste oublie des révocations.",
      en: "Nothing if the next one comes; otherwise check where the file comes from: an old list forgets revocations.",
    },
  },
  TRUST_CRL_MISSING: {
    retry: "human",
    message: {
      fr: "Aucune liste de révocation pour l'autorité {authority} : ses certificats sont refusés",
      en: "No certificate revocation list for the authority {authority}: its certificates are refused",
    },
    remedy: {
      fr: "Configurer la CRL de chaque niveau : la racine et chaque autorité intermédiaire.",
      en: "Configure the CRL of every level: the root and each intermediate authority.",
    },
  },
  TRUST_CRL_EXPIRED: {
    retry: "later",
    message: {
      fr: "Liste de révocation de l'autorité {authority} périmée depuis le {date}",
      en: "The certificate revocation list of the authority {authority} is out of date since {date}",
    },
    remedy: {
      fr: "Vérifier le téléchargement des CRL, puis l'horloge de la DRIMbox.",
      en: "Check the download of the CRLs, then the box's clock.",
    },
  },
  TRUST_TLS_REFUSED: {
    retry: "human",
    message: {
      fr: "Clé, certificat ou autorités refusés par la bibliothèque TLS",
      en: "The TLS library refuses the key, certificate or authorities",
    },
    remedy: {
      fr: "Vérifier la taille de clé (RSA 2048 ou plus, EC P-256 ou plus) et la signature (SHA-256 ou plus).",
      en: "Check the key size (RSA 2048 or more, EC P-256 or more) and the signature (SHA-256 or more).",
    },
  },
  TRUST_PEER_NO_CERTIFICATE: {
    retry: "never",
    message: { fr: "L'appelant n'a pas présenté de certificat", en: "The caller showed no certificate" },
    remedy: {
      fr: "L'appelant doit présenter son certificat IGC-Santé ORG AUTH_CLI.",
      en: "The caller must show its IGC-Santé ORG AUTH_CLI certificate.",
    },
  },
  TRUST_PEER_UNKNOWN_AUTHORITY: {
    retry: "never",
    message: {
      fr: "Le certificat de l'appelant ne mène à aucune autorité acceptée ({reason})",
      en: "The caller's certificate leads to no accepted authority ({reason})",
    },
    remedy: {
      fr: "Vérifier que l'appelant utilise l'IGC-Santé du même environnement (réel ou test) et envoie ses intermédiaires.",
      en: "Check that the caller uses the IGC-Santé of the same environment (real or test) and sends its intermediates.",
    },
  },
  TRUST_PEER_EXPIRED: {
    retry: "later",
    message: { fr: "Le certificat de l'appelant est expiré", en: "The caller's certificate has expired" },
    remedy: {
      fr: "L'appelant doit renouveler son certificat ; si sa date semble future, vérifier l'horloge de la DRIMbox.",
      en: "The caller must renew its certificate; if its date seems to be ahead, check the box's clock.",
    },
  },
  TRUST_PEER_NOT_YET_VALID: {
    retry: "later",
    message: {
      fr: "L'horloge précède le début de validité du certificat de l'appelant",
      en: "The clock is before the start of validity of the caller's certificate",
    },
    remedy: {
      fr: "Vérifier l'horloge de la DRIMbox et sa synchronisation NTP avant de douter du certificat.",
      en: "Check the box's clock and its NTP synchronisation before doubting the certificate.",
    },
  },
  TRUST_PEER_REVOKED: {
    retry: "never",
    message: {
      fr: "Le certificat de l'appelant, ou son autorité, est révoqué",
      en: "The caller's certificate, or its authority, is revoked",
    },
    remedy: {
      fr: "Ne pas l'admettre. L'appelant doit demander un nouveau certificat à l'IGC-Santé.",
      en: "Do not admit it. The caller must request a new certificate from IGC-Santé.",
    },
  },
  TRUST_PEER_REVOCATION_UNKNOWN: {
    retry: "later",
    message: {
      fr: "La non-révocation du certificat de l'appelant ne peut être établie ({reason})",
      en: "It cannot be established that the caller's certificate is not revoked ({reason})",
    },
    remedy: {
      fr: "Fournir une CRL à jour pour chaque niveau de la chaîne ; vérifier l'horloge si elles le sont.",
      en: "Provide a current CRL for every level of the chain; check the clock if they are current.",
    },
  },
  TRUST_PEER_WRONG_USAGE: {
    retry: "never",
    message: {
      fr: "Le certificat de l'appelant n'est pas fait pour ouvrir une connexion (usage clientAuth absent)",
      en: "The caller's certificate is not made to open a connection (no clientAuth usage)",
    },
    remedy: {
      fr: "L'appelant doit utiliser son certificat ORG AUTH_CLI, non celui de signature ou de serveur.",
      en: "The caller must use its ORG AUTH_CLI certificate, not the one that signs or the server's.",
    },
  },
  TRUST_WHITE_LIST_INVALID: {
    retry: "human",
    message: {
      fr: "Liste blanche nationale illisible : {reason}",
      en: "The national white list cannot be read: {reason}",
    },
    remedy: {
      fr: "La dernière bonne liste reste en service. Télécharger à nouveau le fichier de l'ANS.",
      en: "The last good list stays in use. Download the ANS file again.",
    },
  },
  TRUST_WHITE_LIST_OLDER: {
    retry: "never",
    message: {
      fr: "Liste blanche plus ancienne ({date}) que celle en service",
      en: "A white list older ({date}) than the one in use",
    },
    remedy: {
      fr: "La liste en service est gardée. Vérifier d'où vient le fichier.",
      en: "The list in use is kept. Check where the file comes from.",
    },
  },
  TRUST_WHITE_LIST_NOT_KEPT: {
    retry: "later",
    message: {
      fr: "La nouvelle liste blanche est en service mais n'a pu être enregistrée",
      en: "The new white list is in use but could not be written",
    },
    remedy: {
      fr: "Vérifier l'espace libre et les droits du dossier de données : un redémarrage reprendrait l'ancienne.",
      en: "Check the free space and the rights of the data folder: a restart would take up the old one.",
    },
  },
  TRUST_WHITE_LIST_AHEAD: {
    retry: "later",
    message: {
      fr: "L'horloge précède la date de génération de la liste blanche ({date})",
      en: "The clock is before the date at which the white list was generated ({date})",
    },
    remedy: {
      fr: "Vérifier l'horloge de la DRIMbox et sa synchronisation NTP avant de douter de la liste.",
      en: "Check the box's clock and its NTP synchronisation before doubting the list.",
    },
  },
});
