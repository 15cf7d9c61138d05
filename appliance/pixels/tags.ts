import type { Tag } from "../dicom/index.ts";

/** Tags of pixels and of how they are shown that no other room names, by their PS3.6 keyword. */
export const PixelTags = {
  PlanarConfiguration: 0x00280006,
  PixelPaddingValue: 0x00280120,
  PixelPaddingRangeLimit: 0x00280121,
  RescaleIntercept: 0x00281052,
  RescaleSlope: 0x00281053,
  VOILUTFunction: 0x00281056,
  RedPaletteColorLookupTableDescriptor: 0x00281101,
  RedPaletteColorLookupTableData: 0x00281201,
  LossyImageCompressionMethod: 0x00282114,
  ModalityLUTSequence: 0x00283000,
  LUTDescriptor: 0x00283002,
  LUTData: 0x00283006,
  VOILUTSequence: 0x00283010,
  FrameVOILUTSequence: 0x00289132,
  PixelValueTransformationSequence: 0x00289145,
  PresentationLUTShape: 0x20500020,
  SharedFunctionalGroupsSequence: 0x52009229,
  PerFrameFunctionalGroupsSequence: 0x52009230,
  ExtendedOffsetTableLengths: 0x7fe00002,
} as const satisfies Record<string, Tag>;
