import { type Static, Type } from "typebox";
import { images } from "./images.ts";
import { viewer } from "./viewer.ts";

/**
 * The configuration of the box: one schema for the types, the defaults, the validation and the reference in `docs/`.
 * `fr` and `en` say what a value is for; `secret` values are never shown; every change asks for a restart.
 */

const port = (fr: string, en: string, value: number) =>
  Type.Integer({ minimum: 0, maximum: 65535, default: value, fr, en });
const seconds = (fr: string, en: string, value?: number) =>
  Type.Number({ minimum: 0.01, fr, en, ...(value === undefined ? {} : { default: value }) });
const file = (fr: string, en: string) => Type.String({ minLength: 1, fr, en });
type Properties = Parameters<typeof Type.Object>[0];
const section = <Inner extends Properties>(fr: string, en: string, properties: Inner) =>
  Type.Object(properties, { additionalProperties: false, fr, en });
/** A section that may be left out: its values all have defaults. */
const optionalSection = <Inner extends Properties>(fr: string, en: string, properties: Inner) =>
  Type.Object(properties, { additionalProperties: false, default: {}, fr, en });

const oid = (fr: string, en: string) => Type.String({ pattern: "^[0-2](\\.(0|[1-9][0-9]*))+$", maxLength: 64, fr, en });
const aeTitle = (fr: string, en: string, value?: string) =>
  Type.String({
    pattern: "^[ -\\[\\]-~]{1,16}$",
    fr,
    en,
    ...(value === undefined ? {} : { default: value }),
  });

const oids = (fr: string, en: string) => Type.Array(oid("Un OID.", "One OID."), { default: [], fr, en });
const timeOfDay = (fr: string, en: string) => Type.String({ pattern: "^([01][0-9]|2[0-3]):[0-5][0-9]$", fr, en });

const coded = (fr: string, en: string) =>
  section(fr, en, {
    code: Type.String({ minLength: 1, fr: "Code.", en: "Code." }),
    scheme: oid("Nomenclature.", "Code system."),
    display: Type.String({ minLength: 1, fr: "Libellé.", en: "Display name." }),
  });

const tlsServer = section("TLS du port d'écoute.", "TLS of the listener.", {
  keyFile: file("Clé privée (PEM).", "Private key (PEM)."),
  certificateFile: file("Certificat et chaîne (PEM).", "Certificate and chain (PEM)."),
  clientAuthorityFile: Type.Optional(
    file("Autorités des certificats clients exigés (PEM).", "Authorities of the required client certificates (PEM)."),
  ),
});

const keyPair = (fr: string, en: string) =>
  section(fr, en, {
    keyFile: file("Clé privée (PEM).", "Private key (PEM)."),
    certificateFile: file("Certificat et chaîne (PEM).", "Certificate and chain (PEM)."),
  });

export const configurationSchema = section("Configuration de la DRIMbox.", "Configuration of the box.", {
  dataFolder: file("Dossier des données de la DRIMbox.", "Folder of the box's data."),

  site: section("Le site.", "The site.", {
    name: Type.String({ minLength: 1, maxLength: 64, fr: "Nom de la structure.", en: "Name of the structure." }),
    timeZone: Type.String({
      default: "Europe/Paris",
      fr: "Fuseau horaire du site (IANA).",
      en: "Time zone of the site (IANA).",
    }),
    publicAddress: Type.String({
      pattern: "^https://[^/?#\\s]+(/[^?#\\s]*[^/?#\\s])?$",
      fr: "Adresse publique de la DRIMbox, sans barre finale : base des adresses d'images dans les manifestes.",
      en: "Public address of the box, no trailing slash: base of the image addresses in the manifests.",
    }),
    environment: Type.Union([Type.Literal("production"), Type.Literal("test")], {
      fr: "production : INS réelles seulement ; test : INS de test seulement.",
      en: "production: real INS only; test: test INS only.",
    }),
  }),

  hl7: section("Réception des comptes rendus (HL7 v2, MLLP).", "Reception of the reports (HL7 v2, MLLP).", {
    host: Type.String({ default: "0.0.0.0", fr: "Adresse d'écoute.", en: "Address to listen on." }),
    port: port("Port d'écoute.", "Port to listen on.", 2575),
    senders: Type.Array(
      section("Un émetteur autorisé.", "An allowed sender.", {
        name: Type.String({ minLength: 1, fr: "Nom, pour l'exploitant.", en: "Name, for the operator." }),
        address: Type.String({
          minLength: 1,
          fr: "Adresse IP, ou réseau (adresse/préfixe).",
          en: "IP address, or network (address/prefix).",
        }),
        defaultCharset: Type.String({
          default: "UNICODE UTF-8",
          fr: "Jeu de caractères des messages qui n'en déclarent pas (MSH-18).",
          en: "Character set of messages that declare none (MSH-18).",
        }),
      }),
      { default: [], fr: "Qui peut se connecter (liste vide : personne).", en: "Who may connect (empty: nobody)." },
    ),
    tls: Type.Optional(tlsServer),
    maximumMegabytes: Type.Number({
      default: 64,
      minimum: 1,
      maximum: 512,
      fr: "Taille maximale d'un message, en Mo.",
      en: "Largest message, in MB.",
    }),
  }),

  pacs: Type.Array(
    section("Un PACS du site.", "A PACS of the site.", {
      name: Type.String({ minLength: 1, maxLength: 64, fr: "Nom, pour l'exploitant.", en: "Name, for the operator." }),
      host: Type.String({ minLength: 1, fr: "Adresse.", en: "Address." }),
      port: port("Port.", "Port.", 104),
      aeTitle: aeTitle("Titre d'entité applicative du PACS.", "Application entity title of the PACS."),
      callingAETitle: aeTitle("Titre présenté par la DRIMbox.", "Title presented by the box.", "DRIMBOX"),
      tls: Type.Optional(
        section("TLS vers le PACS.", "TLS towards the PACS.", {
          authorityFile: file("Autorités du PACS (PEM).", "Authorities of the PACS (PEM)."),
        }),
      ),
      characterSet: Type.Optional(
        Type.String({
          minLength: 1,
          fr: "Jeu de caractères d'un PACS qui n'en déclare pas (terme défini, par exemple ISO_IR 100).",
          en: "Character set of a PACS that declares none (defined term, ISO_IR 100 for instance).",
        }),
      ),
      timeoutSeconds: seconds(
        "Attente maximale d'une réponse, et d'un PACS occupé.",
        "Longest wait for an answer, and for a PACS that is busy.",
        60,
      ),
      associations: Type.Integer({
        default: 4,
        minimum: 1,
        maximum: 32,
        fr: "Associations simultanées que ce PACS supporte.",
        en: "Associations at a time that this PACS bears.",
      }),
      maximumLength: Type.Integer({
        default: 131_072,
        minimum: 4096,
        maximum: 1_048_576,
        fr: "Taille maximale des PDU reçues de ce PACS, en octets.",
        en: "Largest PDU received from this PACS, in bytes.",
      }),
      trustedCounts: Type.Boolean({
        default: true,
        fr: "Les nombres d'objets que ce PACS annonce sont justes.",
        en: "The instance counts that this PACS announces are right.",
      }),
      issuerOID: Type.Boolean({
        default: true,
        fr: "Demander à ce PACS l'OID de l'émetteur de l'identifiant patient.",
        en: "Ask this PACS for the OID of the issuer of the patient identifier.",
      }),
      retrieve: Type.Array(Type.Union([Type.Literal("c-get"), Type.Literal("c-move"), Type.Literal("wado-rs")]), {
        default: ["c-get", "c-move", "wado-rs"],
        fr: "Comment ses images sont obtenues : le premier moyen qui marche (box probe-pacs les essaie).",
        en: "How its images are had: the first way that works (box probe-pacs tries them).",
      }),
      transcode: Type.Boolean({
        default: false,
        fr: "Transcoder sans perte les images que ce PACS n'envoie dans aucune des syntaxes demandées.",
        en: "Transcode without loss the images that this PACS sends in none of the syntaxes asked for.",
      }),
      moveDestination: Type.Optional(
        aeTitle(
          "Titre sous lequel ce PACS connaît la réception d'images de la DRIMbox (C-MOVE).",
          "Title under which this PACS knows the box's reception of images (C-MOVE).",
        ),
      ),
      moveOriginator: Type.Boolean({
        default: false,
        fr: "Par C-MOVE, ce PACS dit pour quelle demande il envoie (Move Originator).",
        en: "By C-MOVE this PACS says for which request it sends (Move Originator).",
      }),
      getContexts: Type.Integer({
        default: 128,
        minimum: 2,
        maximum: 128,
        fr: "Contextes de présentation que ce PACS supporte dans une association (C-GET).",
        en: "Presentation contexts that this PACS bears in one association (C-GET).",
      }),
      senders: Type.Array(
        section("Un nœud d'où ce PACS envoie.", "A node from which this PACS sends.", {
          aeTitle: aeTitle("Titre qu'il présente.", "Title that it presents."),
          host: Type.String({ minLength: 1, fr: "Adresse.", en: "Address." }),
        }),
        {
          default: [],
          fr: "D'où ce PACS envoie ses images par C-MOVE (liste vide : son titre et son adresse).",
          en: "From where this PACS sends its images by C-MOVE (empty: its title and address).",
        },
      ),
      wado: Type.Optional(
        section("Le serveur DICOMweb de ce PACS.", "The DICOMweb server of this PACS.", {
          baseUrl: Type.String({
            pattern: "^https?://[^?#\\s]+$",
            fr: "Adresse du service : ce qui précède /studies.",
            en: "Address of the service: what stands before /studies.",
          }),
          username: Type.Optional(Type.String({ minLength: 1, fr: "Compte (Basic).", en: "Account (Basic)." })),
          passwordFile: Type.Optional(file("Fichier du mot de passe.", "File of the password.")),
          tokenFile: Type.Optional(file("Fichier du jeton (Bearer).", "File of the token (Bearer).")),
          tls: Type.Optional(
            section("TLS vers ce serveur.", "TLS towards this server.", {
              authorityFile: file("Autorités du serveur (PEM).", "Authorities of the server (PEM)."),
              client: Type.Optional(keyPair("Certificat présenté.", "Certificate that is presented.")),
            }),
          ),
        }),
      ),
      patientDomains: oids(
        "OID des identifiants patient (IPP) sous lesquels ce PACS classe les examens (liste vide : tous).",
        "OIDs of the patient identifiers that this PACS files studies under (empty: all).",
      ),
      accessionDomains: oids(
        "OID des émetteurs de numéros de demande que ce PACS connaît (liste vide : tous).",
        "OIDs of the issuers of accession numbers that this PACS knows (empty: all).",
      ),
    }),
    { minItems: 1, fr: "Les PACS du site.", en: "The PACS of the site." },
  ),

  images: Type.Optional(images),

  viewer: Type.Optional(viewer),

  imageReception: Type.Optional(
    section(
      "Réception des images demandées aux PACS (C-MOVE).",
      "Reception of the images asked of the PACS (C-MOVE).",
      {
        host: Type.String({ default: "0.0.0.0", fr: "Adresse d'écoute.", en: "Address to listen on." }),
        port: port("Port d'écoute.", "Port to listen on.", 11113),
        tls: Type.Optional(tlsServer),
      },
    ),
  ),

  rejectionNotes: Type.Optional(
    section(
      "Réception des notes de rejet des PACS (IOCM, C-STORE).",
      "Reception of the PACS' rejection notes (IOCM, C-STORE).",
      {
        host: Type.String({ default: "0.0.0.0", fr: "Adresse d'écoute.", en: "Address to listen on." }),
        port: port("Port d'écoute.", "Port to listen on.", 11112),
        aeTitle: aeTitle(
          "Titre d'entité applicative que les PACS appellent.",
          "Application entity title that the PACS call.",
          "DRIMBOX",
        ),
        senders: Type.Array(
          section("Un PACS qui peut en envoyer.", "A PACS that may send some.", {
            aeTitle: aeTitle("Titre présenté par le PACS.", "Title that the PACS presents."),
            address: Type.String({
              minLength: 1,
              fr: "Son adresse IP, ou un réseau (adresse/préfixe).",
              en: "Its IP address, or a network (address/prefix).",
            }),
          }),
          { default: [], fr: "Qui peut se connecter (liste vide : personne).", en: "Who may connect (empty: nobody)." },
        ),
        tls: Type.Optional(tlsServer),
      },
    ),
  ),

  dmp: section("Le DMP.", "The national record (DMP).", {
    address: Type.String({
      pattern: "^https://[^?#\\s]+[^/?#\\s]$",
      fr: "Adresse des services (…/si-dmp-server/v2/services).",
      en: "Address of the services (…/si-dmp-server/v2/services).",
    }),
    authorityFile: file("Autorités du serveur DMP (PEM).", "Authorities of the DMP server (PEM)."),
    identification: Type.Union([Type.Literal("EG"), Type.Literal("EJ"), Type.Literal("EJ/EG")], {
      default: "EG",
      fr: "Identification de la structure : EG, EJ (déconseillé) ou EJ/EG.",
      en: "Identification of the structure: EG, EJ (discouraged) or EJ/EG.",
    }),
    digest: Type.Union([Type.Literal("SHA-256"), Type.Literal("SHA-1")], {
      default: "SHA-256",
      fr: "Algorithme des signatures (VIHF et lot).",
      en: "Algorithm of the signatures (VIHF and submission set).",
    }),
    vihfVersion: Type.String({ default: "4.0", fr: "Version du VIHF.", en: "Version of the VIHF." }),
    software: section("Le logiciel, tel qu'homologué par le CNDA.", "The software, as approved by the CNDA.", {
      name: Type.String({ default: "DRIMbox", fr: "LPS_Nom.", en: "LPS_Nom." }),
      version: Type.Optional(
        Type.String({
          minLength: 1,
          fr: "LPS_Version (à défaut, celle du logiciel).",
          en: "LPS_Version (or the software's).",
        }),
      ),
      serial: Type.String({ minLength: 1, fr: "LPS_ID.", en: "LPS_ID." }),
      approval: Type.String({
        minLength: 1,
        fr: "LPS_ID_HOMOLOGATION_DMP.",
        en: "LPS_ID_HOMOLOGATION_DMP.",
      }),
    }),
    guide: optionalSection("Ce que le guide d'intégration laisse ouvert.", "What the integration guide leaves open.", {
      vihfStructure: Type.Union([Type.Literal("EG"), Type.Literal("EJ")], {
        default: "EG",
        fr: "Structure citée par le VIHF en mode EJ/EG.",
        en: "Structure that the VIHF names in EJ/EG mode.",
      }),
      vihfValiditySeconds: Type.Optional(
        seconds("Durée de validité écrite dans le VIHF.", "Validity written in the VIHF."),
      ),
      senderCheck: Type.Union([Type.Literal("off"), Type.Literal("remark"), Type.Literal("error")], {
        default: "remark",
        fr: "Quand l'émetteur (PRT) et le compte rendu citent deux structures.",
        en: "When the sender (PRT) and the report name two structures.",
      }),
      modalityScheme: Type.Optional(oid("Nomenclature des modalités.", "Code system of the modalities.")),
      publishAct: Type.Boolean({
        default: false,
        fr: "Publier aussi le code de l'acte.",
        en: "Publish the code of the act too.",
      }),
      studyAuthority: Type.Optional(
        oid("Autorité de l'UID d'examen dans referenceIdList.", "Authority of the study UID in referenceIdList."),
      ),
      facilityType: Type.Optional(
        coded("Secteur d'activité, à défaut du compte rendu.", "Facility type when the report has none."),
      ),
      practiceSetting: Type.Optional(
        coded("Cadre d'exercice, à défaut du compte rendu.", "Practice setting when the report has none."),
      ),
    }),
    sourceId: oid("OID de la DRIMbox (sourceId des lots).", "OID of the box (sourceId of submission sets)."),
    timeoutSeconds: seconds("Attente maximale d'une réponse.", "Longest wait for an answer.", 60),
    concurrency: Type.Integer({
      default: 4,
      minimum: 1,
      maximum: 32,
      fr: "Publications simultanées.",
      en: "Publications at a time.",
    }),
    perMinute: Type.Integer({
      default: 600,
      minimum: 1,
      maximum: 60_000,
      fr: "Échanges par minute, au plus.",
      en: "Exchanges a minute, at most.",
    }),
    hours: Type.Optional(
      section(
        "Heures du jour où publier (toujours, à défaut).",
        "Hours of the day at which to publish (always, when absent).",
        {
          from: timeOfDay("Ouverture (HH:MM, heure du site).", "Opening (HH:MM, time of the site)."),
          to: timeOfDay("Fermeture (HH:MM, heure du site).", "Closing (HH:MM, time of the site)."),
        },
      ),
    ),
    structures: Type.Array(
      section("Une structure et ses certificats IGC-Santé.", "A structure and its IGC-Santé certificates.", {
        id: Type.String({
          pattern: "^[0-9A-Z]{9,20}$",
          fr: "Identifiant national (FINESS précédé de 1, SIRET de 3…).",
          en: "National identifier (FINESS after 1, SIRET after 3…).",
        }),
        kind: Type.Union([Type.Literal("EG"), Type.Literal("EJ")], {
          default: "EG",
          fr: "Entité géographique ou juridique.",
          en: "Geographical or legal entity.",
        }),
        covers: Type.Array(Type.String(), {
          default: [],
          fr: "Entités géographiques représentées (mode EJ/EG).",
          en: "Geographical entities it stands for (EJ/EG mode).",
        }),
        authentication: keyPair("Certificat ORG AUTH_CLI.", "ORG AUTH_CLI certificate."),
        signature: keyPair("Certificat ORG SIGN.", "ORG SIGN certificate."),
      }),
      { minItems: 1, fr: "Structures qui publient.", en: "Structures that publish." },
    ),
  }),

  source: optionalSection("Règles de la fonction source.", "Rules of the source function.", {
    studyWaitDays: Type.Number({
      default: 7,
      minimum: 0,
      fr: "Jours pendant lesquels un examen absent du PACS est recherché avant d'alerter.",
      en: "Days during which a study that is not in the PACS is looked for before an alert.",
    }),
    recheckHours: Type.Array(
      Type.Number({ minimum: 0.0001, fr: "Heures depuis le contrôle précédent.", en: "Hours since the look before." }),
      {
        default: [4, 24],
        fr: "Contrôles d'un examen publié (des images ont-elles été ajoutées ou retirées ?), en heures.",
        en: "Looks at a published exam (have images been added or removed?), in hours.",
      },
    ),
    answerGraceSeconds: seconds(
      "Temps pendant lequel un envoi au DMP resté sans réponse peut encore aboutir.",
      "Time during which a submission to the DMP that was not answered may still take effect.",
      120,
    ),
    retryFirstSeconds: seconds("Premier délai avant un nouvel essai.", "First delay before another try.", 30),
    retryLongestSeconds: seconds("Plus long délai entre deux essais.", "Longest delay between two tries.", 3600),
  }),

  audit: optionalSection("Traces d'audit.", "Audit trail.", {
    retentionYears: Type.Integer({
      default: 3,
      minimum: 1,
      maximum: 50,
      fr: "Années pendant lesquelles les traces sont gardées.",
      en: "Years for which records are kept.",
    }),
    export: Type.Optional(
      section(
        "Envoi des traces à un dépôt extérieur (syslog RFC 5424 sur TLS).",
        "Export of the records to an outside repository (RFC 5424 syslog over TLS).",
        {
          host: Type.String({ minLength: 1, fr: "Adresse du dépôt.", en: "Address of the repository." }),
          port: port("Port du dépôt.", "Port of the repository.", 6514),
          authorityFile: file("Autorités du dépôt (PEM).", "Authorities of the repository (PEM)."),
          client: Type.Optional(
            keyPair(
              "Certificat présenté au dépôt, s'il en demande un.",
              "Certificate shown to the repository, if it asks for one.",
            ),
          ),
        },
      ),
    ),
  }),

  administration: optionalSection("Santé et mesures (HTTP local).", "Health and metrics (local HTTP).", {
    host: Type.String({ default: "127.0.0.1", fr: "Adresse d'écoute.", en: "Address to listen on." }),
    port: port("Port d'écoute.", "Port to listen on.", 8080),
  }),

  log: optionalSection("Journal technique.", "Technical log.", {
    level: Type.Union([Type.Literal("debug"), Type.Literal("info"), Type.Literal("warn"), Type.Literal("error")], {
      default: "info",
      fr: "Niveau de détail.",
      en: "Level of detail.",
    }),
  }),
});

export type Configuration = Static<typeof configurationSchema>;
