import { Type } from "typebox";

/** The section of the configuration for the images that are served to other boxes. */

const text = (fr: string, en: string) => Type.String({ minLength: 1, fr, en });
const count = (fr: string, en: string, value: number, maximum = 1_000_000) =>
  Type.Integer({ minimum: 1, maximum, default: value, fr, en });
const section = <Inner extends Parameters<typeof Type.Object>[0]>(fr: string, en: string, properties: Inner) =>
  Type.Object(properties, { additionalProperties: false, fr, en });

const identity = section(
  "Vérification des jetons par Pro Santé Connect.",
  "Verification of the tokens by Pro Santé Connect.",
  {
    issuer: text("Émetteur des jetons.", "Issuer of the tokens."),
    introspectionEndpoint: text("Adresse d'introspection (https).", "Introspection endpoint (https)."),
    userinfoEndpoint: text("Adresse userinfo (https).", "Userinfo endpoint (https)."),
    authorityFile: text("Autorités du serveur (PEM).", "Authorities of the server (PEM)."),
    clientId: text("Identifiant de la DRIMbox chez Pro Santé Connect.", "Client identifier of the box."),
    structure: text(
      "Structure (dmp.structures) dont le certificat AUTH_CLI est présenté.",
      "Structure (dmp.structures) whose AUTH_CLI certificate is shown.",
    ),
    clients: Type.Array(text("Un service (azp).", "A service (azp)."), {
      default: [],
      fr: "Services dont les jetons sont admis (liste vide : tous ceux de l'émetteur).",
      en: "Services whose tokens are taken (empty: all of the issuer's).",
    }),
    professions: Type.Array(
      section("Une profession qui peut voir les images.", "A profession that may see images.", {
        profession: text("Code de profession (TRE_G15).", "Code of the profession (TRE_G15)."),
        category: Type.Optional(text("Catégorie (TRE_R09).", "Category (TRE_R09).")),
        speciality: Type.Optional(text("Savoir-faire (TRE_R38).", "Speciality (TRE_R38).")),
      }),
      {
        default: [{ profession: "10" }],
        fr: "Professions qui peuvent voir les images ; les médecins à défaut.",
        en: "Professions that may see images; physicians by default.",
      },
    ),
    cacheSeconds: Type.Integer({
      minimum: 0,
      maximum: 120,
      default: 60,
      fr: "Temps pendant lequel une réponse positive est retenue.",
      en: "Time for which a yes is remembered.",
    }),
  },
);

export const images = section(
  "Images servies aux autres DRIMbox (WADO-RS).",
  "Images served to other boxes (WADO-RS).",
  {
    host: Type.String({ default: "0.0.0.0", fr: "Adresse d'écoute.", en: "Address to listen on." }),
    port: Type.Integer({ minimum: 0, maximum: 65535, default: 8443, fr: "Port d'écoute.", en: "Port to listen on." }),
    keyFile: text("Clé privée du certificat de serveur (PEM).", "Private key of the server certificate (PEM)."),
    certificateFile: text("Certificat de serveur et sa chaîne (PEM).", "Server certificate and its chain (PEM)."),
    clientAuthorityFile: text(
      "Autorités IGC-Santé des certificats des autres DRIMbox (PEM, tous les niveaux).",
      "IGC-Santé authorities of the certificates of other boxes (PEM, every level).",
    ),
    revocationFiles: Type.Array(text("Une liste (CRL).", "A list (CRL)."), {
      default: [],
      fr: "Listes de révocation, une de chaque autorité.",
      en: "Revocation lists, one of each authority.",
    }),
    whiteListFile: Type.Optional(text("Liste blanche nationale (XML).", "National white list (XML).")),
    identity,
    cacheMegabytes: count("Place pour les images gardées, en Mo.", "Room for the images that are kept, in MB.", 20_000),
    cacheHours: count("Durée de garde des images, en heures.", "How long images are kept, in hours.", 72, 8760),
    prefetch: Type.Optional(
      section(
        "Examens amenés du PACS dès leur publication, sans attendre une demande (rien sans cette section).",
        "Studies brought from the PACS as soon as they are published, before anybody asks (none without this section).",
        {
          modalities: Type.Array(
            Type.String({ pattern: "^[A-Z0-9_ ]{1,16}$", fr: "Une modalité.", en: "A modality." }),
            {
              minItems: 1,
              fr: "Modalités (CT, MR…) : les examens qui ont une série de l'une d'elles.",
              en: "Modalities (CT, MR…): the studies that have a series of one of them.",
            },
          ),
          maximumImages: count(
            "Un examen de plus d'images n'est pas amené d'avance.",
            "A study of more images is not brought in advance.",
            2000,
          ),
        },
      ),
    ),
    concurrent: count("Envois simultanés.", "Transfers at a time.", 20, 1000),
    concurrentPerPeer: Type.Integer({
      minimum: 5,
      maximum: 1000,
      default: 8,
      fr: "Envois simultanés à un même correspondant (au moins 5, et 1 % des examens du jour).",
      en: "Transfers at a time to one peer (at least 5, and 1 % of the exams of a day).",
    }),
    perMinute: count("Demandes d'un correspondant par minute.", "Requests of one peer a minute.", 3000),
    lenientAccept: Type.Boolean({
      default: false,
      fr: "Servir une demande sans en-tête Accept.",
      en: "Serve a request without an Accept header.",
    }),
  },
);
