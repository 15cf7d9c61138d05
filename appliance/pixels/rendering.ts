import { type DataSet, type Tag, Tags } from "../dicom/index.ts";
import { describeImage } from "./description.ts";
import { fault } from "./errors.ts";
import { readLookUp } from "./look-up.ts";
import type { LookUp, Rendering, Window } from "./model.ts";
import { isWindow, type RenderingQuery } from "./query.ts";
import { PixelTags } from "./tags.ts";

const QUALITY = 90;

/**
 * How a frame is drawn by what its data set says (PS3.3 C.11) and by what was asked. `head`: the elements before the pixel data;
 * `frame`: its number, from 1. Throws PIXELS_UNDESCRIBED for tables that cannot be, and for a palette that is not there.
 */
export function renderingOf(head: DataSet, frame: number, query: RenderingQuery): Rendering {
  const { photometricInterpretation: photometric, signed } = describeImage(head);
  const transformation = macroOf(head, frame, PixelTags.PixelValueTransformationSequence) ?? head;
  const [modality] = head.items(PixelTags.ModalityLUTSequence);
  const table =
    modality === undefined ? undefined : readLookUp(modality, PixelTags.LUTDescriptor, PixelTags.LUTData, signed);
  const voi = query.window ?? voiOf(macroOf(head, frame, PixelTags.FrameVOILUTSequence) ?? head, signed);
  const padding = paddingOf(head);
  return {
    rescale: table ?? {
      slope: transformation.number(PixelTags.RescaleSlope) || 1,
      intercept: transformation.number(PixelTags.RescaleIntercept) ?? 0,
    },
    ...(voi !== undefined && { voi }),
    ...(padding !== undefined && { padding }),
    inverted: photometric === "MONOCHROME1" || head.string(PixelTags.PresentationLUTShape) === "INVERSE",
    ...(photometric === "PALETTE COLOR" && { palette: paletteOf(head, signed) }),
    ...(query.viewport !== undefined && { viewport: query.viewport }),
    quality: query.quality ?? QUALITY,
  };
}

/** The frame that stands for an image of several when none is named: the one in the middle. */
export function middleFrame(frames: number): number {
  return Math.ceil(frames / 2);
}

/** The item of a functional group of this frame, or of all frames (PS3.3 C.7.6.16); undefined for an image that has none. */
function macroOf(head: DataSet, frame: number, tag: Tag): DataSet | undefined {
  const own = head.items(PixelTags.PerFrameFunctionalGroupsSequence)[frame - 1]?.items(tag)[0];
  return own ?? head.items(PixelTags.SharedFunctionalGroupsSequence)[0]?.items(tag)[0];
}

/** The first of the windows, else the first of the tables; a window that cannot be is none. */
function voiOf(dataSet: DataSet, signed: boolean): Window | LookUp | undefined {
  const center = dataSet.number(Tags.WindowCenter);
  const width = dataSet.number(Tags.WindowWidth);
  const said = dataSet.string(PixelTags.VOILUTFunction);
  const shape = said === "LINEAR_EXACT" || said === "SIGMOID" ? said : "LINEAR";
  if (center !== undefined && width !== undefined && isWindow(width, shape)) return { center, width, shape };
  const [table] = dataSet.items(PixelTags.VOILUTSequence);
  return table === undefined ? undefined : readLookUp(table, PixelTags.LUTDescriptor, PixelTags.LUTData, signed);
}

function paddingOf(head: DataSet): Rendering["padding"] {
  const value = head.integer(PixelTags.PixelPaddingValue);
  if (value === undefined) return undefined;
  const limit = head.integer(PixelTags.PixelPaddingRangeLimit) ?? value;
  return { from: Math.min(value, limit), to: Math.max(value, limit) };
}

function paletteOf(head: DataSet, signed: boolean): [LookUp, LookUp, LookUp] {
  const [red, green, blue] = [0, 1, 2].map((colour) => {
    const { RedPaletteColorLookupTableDescriptor, RedPaletteColorLookupTableData } = PixelTags;
    const table = readLookUp(
      head,
      RedPaletteColorLookupTableDescriptor + colour,
      RedPaletteColorLookupTableData + colour,
      signed,
    );
    if (table === undefined) throw fault("PIXELS_UNDESCRIBED", { where: "(0028,1101)" });
    return table;
  }) as [LookUp, LookUp, LookUp];
  return [red, green, blue];
}
