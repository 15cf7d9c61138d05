import { type DataSet, Tags } from "../../../appliance/dicom/index.ts";
import { commonModules, fill, instance } from "./common.ts";
import type { InstancePlan, SyntheticInstance } from "./model.ts";

const CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2";
const MR_IMAGE = "1.2.840.10008.5.1.4.1.1.4";

const SLICE_MM = 5;
const FIELD_MM = 350;

/** The tags of the image modules that the product itself never names (PS3.6). */
const ImageTags = {
  ScanningSequence: 0x00180020,
  SequenceVariant: 0x00180021,
  ScanOptions: 0x00180022,
  MRAcquisitionType: 0x00180023,
  SliceThickness: 0x00180050,
  KVP: 0x00180060,
  RepetitionTime: 0x00180080,
  EchoTime: 0x00180081,
  EchoTrainLength: 0x00180091,
  PatientPosition: 0x00185100,
  ImagePositionPatient: 0x00200032,
  ImageOrientationPatient: 0x00200037,
  PositionReferenceIndicator: 0x00201040,
  SliceLocation: 0x00201041,
  PixelSpacing: 0x00280030,
  RescaleIntercept: 0x00281052,
  RescaleSlope: 0x00281053,
  RescaleType: 0x00281054,
} as const;

/** A CT Image (PS3.3 A.3) of a drawn thorax: two lungs in an ellipse, growing and shrinking along the series. */
export function ctSlice(plan: InstancePlan): SyntheticInstance {
  const dataSet = commonModules(plan, CT_IMAGE, "CT");
  imageModules(dataSet, plan, ["ORIGINAL", "PRIMARY", "AXIAL"]);
  fill(dataSet, [
    [Tags.AcquisitionNumber, 1],
    [Tags.BodyPartExamined, "CHEST"],
    [ImageTags.KVP, "120"],
    [ImageTags.RescaleIntercept, "-1024"],
    [ImageTags.RescaleSlope, "1"],
    [ImageTags.RescaleType, "HU"],
    [Tags.WindowCenter, "-300"],
    [Tags.WindowWidth, "1400"],
  ]);
  dataSet.set(Tags.PixelData, "OW", thorax(plan, { air: 24, body: 1_064, lung: 200 }));
  return instance(plan, CT_IMAGE, dataSet);
}

/** An MR Image (PS3.3 A.4), spin echo. */
export function mrSlice(plan: InstancePlan): SyntheticInstance {
  const dataSet = commonModules(plan, MR_IMAGE, "MR");
  imageModules(dataSet, plan, ["ORIGINAL", "PRIMARY", "OTHER"]);
  fill(dataSet, [
    [Tags.BodyPartExamined, "CHEST"],
    [ImageTags.ScanningSequence, "SE"],
    [ImageTags.SequenceVariant, "NONE"],
    [ImageTags.ScanOptions, ""],
    [ImageTags.MRAcquisitionType, "2D"],
    [ImageTags.RepetitionTime, "500"],
    [ImageTags.EchoTime, "15"],
    [ImageTags.EchoTrainLength, 1],
    [Tags.WindowCenter, "400"],
    [Tags.WindowWidth, "800"],
  ]);
  dataSet.set(Tags.PixelData, "OW", thorax(plan, { air: 5, body: 500, lung: 60 }));
  return instance(plan, MR_IMAGE, dataSet);
}

/** The General Image, Image Plane, Frame of Reference and Image Pixel modules (PS3.3 C.7.6, C.7.4.1). */
function imageModules(dataSet: DataSet, plan: InstancePlan, imageType: readonly string[]): void {
  const size = sizeOf(plan);
  const spacing = (FIELD_MM / size).toFixed(6);
  const corner = (-FIELD_MM / 2).toFixed(1);
  const location = (plan.index * SLICE_MM).toFixed(1);
  fill(dataSet, [
    [Tags.ImageType, imageType],
    [Tags.AcquisitionDate, plan.study.studyDate],
    [Tags.AcquisitionTime, plan.study.studyTime],
    [ImageTags.SliceThickness, String(SLICE_MM)],
    [ImageTags.PatientPosition, "HFS"],
    [ImageTags.ImagePositionPatient, [corner, corner, location]],
    [ImageTags.ImageOrientationPatient, ["1", "0", "0", "0", "1", "0"]],
    [Tags.FrameOfReferenceUID, plan.frameOfReferenceUID],
    [ImageTags.PositionReferenceIndicator, ""],
    [ImageTags.SliceLocation, location],
    [Tags.SamplesPerPixel, 1],
    [Tags.PhotometricInterpretation, "MONOCHROME2"],
    [Tags.Rows, size],
    [Tags.Columns, size],
    [ImageTags.PixelSpacing, [spacing, spacing]],
    [Tags.BitsAllocated, 16],
    [Tags.BitsStored, 12],
    [Tags.HighBit, 11],
  ]);
  // US or SS in the dictionary, US always for this one.
  dataSet.set(Tags.PixelRepresentation, "US", 0);
}

function sizeOf(plan: InstancePlan): number {
  return plan.series.size ?? 64;
}

/** 16-bit pixels, little endian; a grain that follows the position keeps compressors and caches honest. */
function thorax(plan: InstancePlan, level: { air: number; body: number; lung: number }): Buffer {
  const size = sizeOf(plan);
  const pixels = Buffer.allocUnsafe(size * size * 2);
  const growth = 0.75 + 0.25 * Math.sin(plan.index / 5);
  let at = 0;
  for (let row = 0; row < size; row += 1) {
    const y = (2 * row) / size - 1;
    for (let column = 0; column < size; column += 1) {
      const x = (2 * column) / size - 1;
      const body = (x / 0.9) ** 2 + (y / 0.65) ** 2 < 1;
      const lung = ((Math.abs(x) - 0.4) / 0.28) ** 2 + (y / (0.5 * growth)) ** 2 < 1;
      const base = lung ? level.lung : body ? level.body : level.air;
      at = pixels.writeUInt16LE(base + ((row * 31 + column * 17 + plan.index * 7) & 15), at);
    }
  }
  return pixels;
}
