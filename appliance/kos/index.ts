/** Manifests: the Key Object Selection Document that says what a study is made of (PS3.3 A.35.4, PS3.16 TID 2010). */
export { buildManifest } from "./build.ts";
export { kosErrors } from "./errors.ts";
export type {
  AssignedIdentifier,
  Manifest,
  ManifestContent,
  ManifestContentSeries,
  ManifestContentStudy,
  ManifestInput,
  ManifestInstance,
  ManifestSeries,
  ManifestStudy,
} from "./model.ts";
export { readManifest } from "./read.ts";
export { referenceValueType } from "./sop-class.ts";
