import { generateKeyPairSync, sign } from "node:crypto";
import type { JWK } from "oidc-provider";

type Claims = Record<string, unknown>;

/** The key of the stand-in, by which it also signs what is not true. */
export interface Signer {
  readonly key: JWK;
  /** The token (JWT) with its claims changed, and signed again. */
  resign(token: string, change: (claims: Claims) => Claims): string;
}

export function createSigner(): Signer {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return {
    key: { ...privateKey.export({ format: "jwk" }), kty: "EC", use: "sig", alg: "ES256", kid: "sandbox" },
    resign(token, change) {
      const [header = "", payload = ""] = token.split(".");
      const claims = change(JSON.parse(Buffer.from(payload, "base64url").toString()));
      const text = `${header}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}`;
      const signature = sign("sha256", Buffer.from(text), { key: privateKey, dsaEncoding: "ieee-p1363" });
      return `${text}.${signature.toString("base64url")}`;
    },
  };
}
