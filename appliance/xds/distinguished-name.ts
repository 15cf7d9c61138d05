/**
 * A distinguished name as RFC 4514 orders it, most specific first: `CN=DRIMbox, OU=1750099999, O=..., C=FR`.
 * `lines` is what `X509Certificate.subject` and `.issuer` give: one RDN a line in certificate order, values escaped.
 */
export function distinguishedName(lines: string): string {
  return lines.trim().split("\n").reverse().join(", ");
}
