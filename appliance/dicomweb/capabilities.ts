import { mediaTypesOf, routes } from "./routes.ts";

/** What the service can do, said to those who ask (PS3.18 8.9). */
export interface CapabilitiesOptions {
  /** Address of the service, no trailing slash. */
  readonly base: string;
  /** Headers that every retrieval must bear, besides Accept. */
  readonly headers: readonly string[];
}

const operations = routes.map(({ name, path, what }) => ({
  name,
  path,
  mediaTypes: mediaTypesOf(what, path.includes("{instance}")),
}));

/** As `application/vnd.sun.wadl+xml`. */
export function wadl({ base, headers }: CapabilitiesOptions): string {
  const needed = ["Accept", ...headers].map((name) => empty("param", { name, style: "header", required: "true" }));
  const resources = operations.map(({ name, path, mediaTypes }) => {
    const variables = [...path.matchAll(/\{(\w+)\}/g)].map(([, variable = ""]) => variable);
    const template = variables.map((one) => empty("param", { name: one, style: "template", required: "true" }));
    const representations = mediaTypes.map((mediaType) => empty("representation", { mediaType }));
    const request = `<request>${needed.join("")}</request>`;
    const response = `<response status="200">${representations.join("")}</response>`;
    const method = `<method name="GET" id="${name}">${request}${response}</method>`;
    return `<resource path="${path.slice(1)}">${template.join("")}${method}</resource>`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<application xmlns="http://wadl.dev.java.net/2009/02">',
    `<resources base="${escaped(base)}">`,
    ...resources,
    "</resources>",
    "</application>",
    "",
  ].join("\n");
}

/** The same, to be sent as JSON. */
export function capabilities({ base, headers }: CapabilitiesOptions): Readonly<Record<string, unknown>> {
  return {
    base,
    requiredHeaders: ["Accept", ...headers],
    transactions: operations.map(({ name, path, mediaTypes }) => ({ name, method: "GET", path, accept: mediaTypes })),
  };
}

function empty(name: string, attributes: Readonly<Record<string, string>>): string {
  const said = Object.entries(attributes).map(([attribute, value]) => ` ${attribute}="${escaped(value)}"`);
  return `<${name}${said.join("")}/>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
