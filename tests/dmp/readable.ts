import { children, type Element, parseRoot } from "../../appliance/xds/xml-read.ts";

/** One line per value: what a reviewer can compare with the specification. */
function readable(object: Element): string[] {
  return children(object).map((node) => {
    const values = [...node.getElementsByTagName("Value")].map((value) => value.textContent);
    const display = node.getElementsByTagName("LocalizedString")[0]?.getAttribute("value");
    const key =
      node.getAttribute("name") ??
      node.getAttribute("classificationScheme")?.slice(9, 17) ??
      node.getAttribute("classificationNode")?.slice(9, 17);
    if (node.tagName === "ExternalIdentifier") return `${display} = ${node.getAttribute("value")}`;
    return [node.tagName, key, node.getAttribute("nodeRepresentation"), ...values, display].filter(Boolean).join(" | ");
  });
}

/** The objects of a request by name, associations by id with their slots. */
export function objects(metadata: string): Record<string, string[]> {
  const list = children(parseRoot(metadata))[0]!;
  return Object.fromEntries(
    children(list).map((node) =>
      node.tagName === "Association"
        ? [
            `${node.getAttribute("id")}`,
            [
              `${node.getAttribute("associationType")} ${node.getAttribute("sourceObject")} -> ${node.getAttribute("targetObject")}`,
              ...readable(node),
            ],
          ]
        : [`${node.tagName} ${node.getAttribute("id")} ${node.getAttribute("mimeType") ?? ""}`.trim(), readable(node)],
    ),
  );
}
