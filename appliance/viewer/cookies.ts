/** The secrets that a browser keeps: `__Host-` binds them to this host over TLS (RFC 6265bis 4.1.3.2). */
export const COOKIES = {
  /** Whose session it is. */
  session: "__Host-session",
  /** Which browser began a login. */
  login: "__Host-login",
} as const;

/** 32 bytes in base64url. */
const SECRET = /^[\w-]{43}$/;

/**
 * The secret of that name in a Cookie header; empty when there is none, or what is no secret of ours. Of two of one name,
 * neither: a browser sends one.
 */
export function secretOf(header: string | undefined, name: string): string {
  const values = (header ?? "").split(";").flatMap((pair) => {
    const [key = "", value = ""] = pair.trim().split("=", 2);
    return key === name ? [value] : [];
  });
  const [value = ""] = values;
  return values.length === 1 && SECRET.test(value) ? value : "";
}

/**
 * A Set-Cookie header. Lax: it comes along when a link or Pro Santé Connect leads here, and never with what another site
 * posts.
 * @param seconds How long the browser keeps it: 0 forgets it, undefined until it is closed.
 */
export function setCookie(name: string, secret: string, seconds?: number): string {
  const life = seconds === undefined ? "" : `; Max-Age=${seconds}`;
  return `${name}=${secret}; Path=/; Secure; HttpOnly; SameSite=Lax${life}`;
}
