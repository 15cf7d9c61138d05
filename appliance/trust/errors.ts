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
});
