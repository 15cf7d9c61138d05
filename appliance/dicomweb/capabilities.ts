/** What the service can do, said to those who ask (PS3.18 8.9): one table, in the two forms of the standard. */

interface Route {
  readonly name: string;
  readonly path: string;
  readonly types: readonly string[];
}

const OBJECTS = ['multipart/related; type="application/dicom"'];
const JSON_TYPE = ["application/dicom+json"];
const JPEG = ["image/jpeg"];
const STUDY = "/studies/{study}";
const SERIES = `${STUDY}/series/{series}`;
const INSTANCE = `${SERIES}/instances/{instance}`;

/** The routes of the Retrieve transaction. */
export const routes: readonly Route[] = [
  { name: "RetrieveStudy", path: STUDY, types: OBJECTS },
  { name: "RetrieveStudyMetadata", path: `${STUDY}/metadata`, types: JSON_TYPE },
  { name: "RetrieveSeries", path: SERIES, types: OBJECTS },
  { name: "RetrieveSeriesMetadata", path: `${SERIES}/metadata`, types: JSON_TYPE },
  { name: "RetrieveInstance", path: INSTANCE, types: [...OBJECTS, "application/dicom"] },
  { name: "RetrieveInstanceMetadata", path: `${INSTANCE}/metadata`, types: JSON_TYPE },
  { name: "RetrieveRenderedInstance", path: `${INSTANCE}/rendered`, types: JPEG },
  { name: "RetrieveThumbnail", path: `${INSTANCE}/thumbnail`, types: JPEG },
  {
    name: "RetrieveFrames",
    path: `${INSTANCE}/frames/{frames}`,
    types: ['multipart/related; type="application/octet-stream"', 'multipart/related; type="image/jls"'],
  },
  {
    name: "RetrieveBulkData",
    path: `${INSTANCE}/bulkdata/{path}`,
    types: ['multipart/related; type="application/octet-stream"', "application/octet-stream"],
  },
];

export interface CapabilitiesOptions {
  /** Address of the service, no trailing slash. */
  readonly base: string;
  /** Headers that every retrieval must bear, besides Accept. */
  readonly headers: readonly string[];
}

/** `application/vnd.sun.wadl+xml`. */
export function wadl({ base, headers }: CapabilitiesOptions): string {
  const parameters = ["Accept", ...headers].map((name) => `<param name="${name}" style="header" required="true"/>`);
  const resources = routes.map(({ name, path, types }) => {
    const variables = [...path.matchAll(/\{(\w+)\}/g)].map(([, one]) => `<param name="${one}" style="template"/>`);
    const request = `<request>${parameters.join("")}</request>`;
    const representations = types.map((type) => `<representation mediaType="${type.replaceAll('"', "&quot;")}"/>`);
    const response = `<response status="200">${representations.join("")}</response>`;
    const method = `<method name="GET" id="${name}">${request}${response}</method>`;
    return `<resource path="${path.slice(1)}">${variables.join("")}${method}</resource>`;
  });
  const all = `<resources base="${base}">${resources.join("")}</resources>`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<application xmlns="http://wadl.dev.java.net/2009/02">${all}</application>\n`;
}

/** The same in JSON. */
export function capabilities({ base, headers }: CapabilitiesOptions): Readonly<Record<string, unknown>> {
  return {
    base,
    transactions: routes.map(({ name, path, types }) => ({ name, method: "GET", path, accept: types })),
    requiredHeaders: ["Accept", ...headers],
  };
}
