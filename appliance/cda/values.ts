/** The data types of CDA: II, CD, TS, PN, ON. What is marked unknown (`nullFlavor`) or half said is absent. */
import { readTime, said } from "../base/index.ts";
import type { CodedValue, InstanceIdentifier, Organization, PersonName, TranslatedValue } from "./model.ts";
import type { Node } from "./node.ts";

export const PROFESSIONAL_OID = "1.2.250.1.71.4.2.1";
const ORGANIZATION_OID = "1.2.250.1.71.4.2.2";

export function instanceIdentifier(node: Node | undefined): InstanceIdentifier | undefined {
  const root = node?.attribute("root");
  if (node === undefined || root === undefined) return undefined;
  return said({ root, extension: node.attribute("extension") });
}

/** Every id that says something. */
export function identifiers(nodes: readonly Node[]): InstanceIdentifier[] {
  return nodes.map(instanceIdentifier).filter((id) => id !== undefined);
}

/** The id of that authority if there is one, else the first. */
export function identifierOf(nodes: readonly Node[], root: string): InstanceIdentifier | undefined {
  const all = identifiers(nodes);
  return all.find((id) => id.root === root) ?? all[0];
}

export function codedValue(node: Node | undefined): CodedValue | undefined {
  const value = coded(node);
  if (node === undefined || value === undefined) return undefined;
  return {
    ...value,
    translations: node
      .all("translation")
      .map(translation)
      .filter((t) => t !== undefined),
  };
}

function translation(node: Node): TranslatedValue | undefined {
  const value = coded(node);
  if (value === undefined) return undefined;
  return said({ ...value, qualifier: node.first("qualifier", "name")?.attribute("code") });
}

function coded(node: Node | undefined): Omit<CodedValue, "translations"> | undefined {
  const code = node?.attribute("code");
  const codeSystem = node?.attribute("codeSystem");
  if (node === undefined || code === undefined || codeSystem === undefined) return undefined;
  return said({ code, codeSystem, displayName: node.attribute("displayName") });
}

/** `@value` as an instant; a value that is no time is remarked and absent. */
export function time(node: Node | undefined, timeZone: string): Date | undefined {
  const value = node?.attribute("value");
  if (node === undefined || value === undefined) return undefined;
  const instant = readTime(value, timeZone);
  if (instant === undefined) node.remark("CDA_TIME");
  return instant;
}

/** The name of a professional: qualifiers do not matter there. */
export function personName(person: Node | undefined): PersonName | undefined {
  const name = person?.first("name");
  const family = name?.first("family")?.text;
  return family === undefined ? undefined : { family, given: name?.first("given")?.text ?? "" };
}

export function organization(node: Node | undefined): Organization | undefined {
  if (node === undefined) return undefined;
  return said({
    id: identifierOf(node.all("id"), ORGANIZATION_OID),
    name: node.first("name")?.text,
    industryClass: codedValue(node.first("standardIndustryClassCode")),
  });
}
