import { Type } from "typebox";

/** The section of the configuration for the links of the reports. */

const text = (fr: string, en: string) => Type.String({ minLength: 1, fr, en });
const https = (fr: string, en: string) => Type.String({ pattern: "^https://[^#\\s]+$", fr, en });
const count = (fr: string, en: string, value: number, maximum: number) =>
  Type.Integer({ minimum: 1, maximum, default: value, fr, en });
const section = <Inner extends Parameters<typeof Type.Object>[0]>(fr: string, en: string, properties: Inner) =>
  Type.Object(properties, { additionalProperties: false, fr, en });

const login = section(
  "Connexion des professionnels par Pro Santé Connect ; le reste est celui de images.identity.",
  "Login of professionals by Pro Santé Connect; the rest is that of images.identity.",
  {
    authorizationEndpoint: https("Adresse d'autorisation (https).", "Authorization endpoint (https)."),
    tokenEndpoint: https("Adresse des jetons (https).", "Token endpoint (https)."),
    jwksEndpoint: https("Adresse des clés de signature (https).", "Address of the signing keys (https)."),
    endSessionEndpoint: Type.Optional(
      https(
        "Adresse de déconnexion (https) ; sans elle, seule la session de la DRIMbox prend fin.",
        "Logout endpoint (https); without it only the box's own session ends.",
      ),
    ),
  },
);

export const viewer = section(
  "Liens des comptes rendus vers les images (IHEInvokeImageDisplay), côté Internet.",
  "Links of the reports to the images (IHEInvokeImageDisplay), on the side of the Internet.",
  {
    host: Type.String({ default: "0.0.0.0", fr: "Adresse d'écoute.", en: "Address to listen on." }),
    port: Type.Integer({ minimum: 0, maximum: 65535, default: 443, fr: "Port d'écoute.", en: "Port to listen on." }),
    keyFile: text("Clé privée du certificat de serveur (PEM).", "Private key of the server certificate (PEM)."),
    certificateFile: text("Certificat de serveur et sa chaîne (PEM).", "Server certificate and its chain (PEM)."),
    publicAddress: Type.String({
      pattern: "^https://[^/?#\\s]+$",
      fr: "Adresse des liens, sans chemin. Pro Santé Connect y renvoie : /login, et /logged-out après déconnexion.",
      en: "Address of the links, without a path. Pro Santé Connect sends back to it: /login, and /logged-out after a logout.",
    }),
    portalAddress: Type.Optional(https("Portail où les patients sont envoyés.", "Portal to which patients are sent.")),
    portalParameters: Type.Boolean({
      default: false,
      fr: "Transmettre au portail les paramètres du lien.",
      en: "Give the portal the parameters of the link.",
    }),
    login,
    idleMinutes: count(
      "Durée sans activité après laquelle un professionnel est déconnecté, en minutes.",
      "Time without activity after which a professional is logged out, in minutes.",
      30,
      240,
    ),
    perMinute: count("Demandes d'une adresse par minute.", "Requests of one address a minute.", 60, 10_000),
  },
);
