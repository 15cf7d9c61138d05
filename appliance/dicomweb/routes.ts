import { OCTET_STREAM } from "./frame-types.ts";

/** What of a study, a series or an instance is asked for. */
export type What = "objects" | "metadata" | "rendered" | "thumbnail" | "frames" | "bulkdata";

export interface Route {
  readonly name: string;
  /** Below the base, with its variables. */
  readonly path: string;
  readonly what: What;
}

const STUDY = "/studies/{study}";
const SERIES = `${STUDY}/series/{series}`;
const INSTANCE = `${SERIES}/instances/{instance}`;
const FRAMES = `${INSTANCE}/frames/{frames}`;

/** The resources of the Retrieve transaction (PS3.18 tables 10.4.1-1 to -5): addresses and capabilities are read off here. */
export const routes: readonly Route[] = [
  { name: "RetrieveStudy", path: STUDY, what: "objects" },
  { name: "RetrieveStudyMetadata", path: `${STUDY}/metadata`, what: "metadata" },
  { name: "RetrieveRenderedStudy", path: `${STUDY}/rendered`, what: "rendered" },
  { name: "RetrieveStudyThumbnail", path: `${STUDY}/thumbnail`, what: "thumbnail" },
  { name: "RetrieveSeries", path: SERIES, what: "objects" },
  { name: "RetrieveSeriesMetadata", path: `${SERIES}/metadata`, what: "metadata" },
  { name: "RetrieveRenderedSeries", path: `${SERIES}/rendered`, what: "rendered" },
  { name: "RetrieveSeriesThumbnail", path: `${SERIES}/thumbnail`, what: "thumbnail" },
  { name: "RetrieveInstance", path: INSTANCE, what: "objects" },
  { name: "RetrieveInstanceMetadata", path: `${INSTANCE}/metadata`, what: "metadata" },
  { name: "RetrieveRenderedInstance", path: `${INSTANCE}/rendered`, what: "rendered" },
  { name: "RetrieveInstanceThumbnail", path: `${INSTANCE}/thumbnail`, what: "thumbnail" },
  { name: "RetrieveFrames", path: FRAMES, what: "frames" },
  { name: "RetrieveRenderedFrames", path: `${FRAMES}/rendered`, what: "rendered" },
  { name: "RetrieveFrameThumbnail", path: `${FRAMES}/thumbnail`, what: "thumbnail" },
  { name: "RetrieveBulkData", path: `${INSTANCE}/bulkdata/{attribute}`, what: "bulkdata" },
];

const MULTIPART = "multipart/related; type=";
const mediaTypes: Readonly<Record<What, readonly string[]>> = {
  objects: [`${MULTIPART}"application/dicom"`],
  metadata: ["application/dicom+json", "application/json"],
  rendered: ["image/jpeg"],
  thumbnail: ["image/jpeg"],
  frames: [`${MULTIPART}"${OCTET_STREAM}"`, `${MULTIPART}"image/*"`, `${MULTIPART}"video/*"`],
  bulkdata: [`${MULTIPART}"${OCTET_STREAM}"`, OCTET_STREAM],
};

/** The media types that a resource can be had in; `alone`: an instance, which needs no parts. */
export function mediaTypesOf(what: What, alone: boolean): readonly string[] {
  return what === "objects" && alone ? [...mediaTypes.objects, "application/dicom"] : mediaTypes[what];
}
