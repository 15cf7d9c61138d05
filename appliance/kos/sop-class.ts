/**
 * How a content item refers to an instance (PS3.16 TID 2010, PS3.3 C.17.3): an IMAGE has pixels to show, a WAVEFORM has
 * samples, anything else is a COMPOSITE. A reader refuses the document when a report or a PDF is called an IMAGE.
 */
type ReferenceValueType = "IMAGE" | "WAVEFORM" | "COMPOSITE";

const STORAGE_ROOT = "1.2.840.10008.5.1.4.1.1.";

/**
 * Arcs below the storage root whose classes are images (PS3.4 B.5, and B.6 for the retired ones that archives still
 * hold). Allocating by arc, not by class, also covers a class that a later edition adds to the family.
 */
const IMAGE_ARCS: ReadonlySet<string> = new Set([
  "1", // computed and digital radiography, mammography, intra-oral
  "2", // CT
  "3", // ultrasound multi-frame
  "4", // MR
  "5", // nuclear medicine, retired
  "6", // ultrasound, photoacoustic
  "7", // secondary capture
  "12", // X-ray angiography and radiofluoroscopy
  "13", // X-ray 3D, breast tomosynthesis and projection
  "14", // intravascular optical coherence tomography
  "20", // nuclear medicine
  "30", // parametric map
  "77", // visible light, video, ophthalmic, whole slide, dermoscopy, confocal
  "81", // ophthalmic thickness map
  "82", // corneal topography map
  "128", // PET
  "130", // enhanced PET
]);

/** Image classes in an arc of mixed content. RT dose is not one: its grid of pixels is optional (PS3.3 A.18.3). */
const IMAGE_CLASSES: ReadonlySet<string> = new Set([
  "66.4", // segmentation
  "66.7", // label map segmentation
  "66.8", // height map segmentation
  "481.1", // RT image
  "481.23", // enhanced RT image
  "481.24", // enhanced continuous RT image
]);

/** Classes without pixels in an image arc. */
const NOT_IMAGES: ReadonlySet<string> = new Set([
  "4.2", // MR spectroscopy: spectra
  "77.1.5.3", // stereometric relationship: pairs of references
]);

/** The waveform classes are 9.m.n; 9.100.n are their presentation states, and the bare 9 and 9.1 were retired trials. */
const WAVEFORM = /^9\.(?!100\.)\d+\./;

/** The value type of a reference to an instance of `sopClassUID`; COMPOSITE for a private or unknown class. */
export function referenceValueType(sopClassUID: string): ReferenceValueType {
  if (!sopClassUID.startsWith(STORAGE_ROOT)) return "COMPOSITE";
  const family = sopClassUID.slice(STORAGE_ROOT.length);
  if (WAVEFORM.test(family)) return "WAVEFORM";
  if (IMAGE_CLASSES.has(family)) return "IMAGE";
  const arc = family.split(".", 1)[0] ?? "";
  return IMAGE_ARCS.has(arc) && !NOT_IMAGES.has(family) ? "IMAGE" : "COMPOSITE";
}
