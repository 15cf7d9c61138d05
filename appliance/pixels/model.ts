import type { Tag, VR } from "../dicom/index.ts";

/** Somebody who waits for a first image goes first; what nobody waits for goes last. */
export type Urgency = "now" | "soon" | "background";

/** What an image says of its pixels (PS3.3 C.7.6.3). */
export interface ImageDescription {
  readonly rows: number;
  readonly columns: number;
  readonly samplesPerPixel: 1 | 3;
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly highBit: number;
  /** PixelRepresentation 1: two's complement. */
  readonly signed: boolean;
  readonly photometricInterpretation: string;
  /** 1: all samples of one colour, then all of the next. */
  readonly planarConfiguration: 0 | 1;
  readonly frames: number;
}

/** The bytes of one frame, fragments joined; or how many there are, and what reads them when there is room for them. */
export type Frame = Uint8Array | { readonly length: number; read(): Promise<Uint8Array> };

/** How urgent a frame is, and for how long there is sense in it. */
export interface FrameOptions {
  readonly urgency: Urgency;
  readonly signal?: AbortSignal;
}

/** What becomes of an image when its frames change their transfer syntax. */
export interface Transcoding {
  /** UIDs of transfer syntaxes. */
  readonly from: string;
  readonly to: string;
  readonly source: ImageDescription;
  readonly result: ImageDescription;
  /** Elements that say something else, or something more, afterwards: of the root, in ascending order. */
  readonly set: readonly { readonly tag: Tag; readonly vr: VR; readonly value: string | number }[];
  /** Elements that must not be there afterwards. */
  readonly remove: readonly Tag[];
  /** How Pixel Data is written: without a length, as fragments. */
  readonly pixelData: { readonly vr: "OB" | "OW"; readonly length: number | undefined };
}

/** A table that replaces values (PS3.3 C.11.1): what is below its first entry gets the first, what is above the last. */
export interface LookUp {
  /** The value that gets the first entry. */
  readonly first: number;
  readonly entries: Uint16Array;
  /** The largest that an entry can be. */
  readonly largest: number;
}

/** Which values become black and white (PS3.3 C.11.2). */
export interface Window {
  readonly center: number;
  readonly width: number;
  readonly shape: "LINEAR" | "LINEAR_EXACT" | "SIGMOID";
}

/** The part of an image that is drawn, and the room for it (PS3.18 8.3.5.1.3). */
export interface Viewport {
  readonly width: number;
  readonly height: number;
  /** In pixels of the image; the whole image when absent. */
  readonly region?: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  readonly flipHorizontally: boolean;
  readonly flipVertically: boolean;
}

/** How a frame is drawn. */
export interface Rendering {
  readonly rescale: { readonly slope: number; readonly intercept: number } | LookUp;
  /** Absent: from the least to the greatest value that there is. */
  readonly voi?: Window | LookUp;
  /** Values between which pixels mean nothing (PS3.3 C.7.5.1.1.2); they are drawn black. */
  readonly padding?: { readonly from: number; readonly to: number };
  /** Small values are bright. */
  readonly inverted: boolean;
  /** Red, green, blue. */
  readonly palette?: readonly [LookUp, LookUp, LookUp];
  readonly viewport?: Viewport;
  /** Of the JPEG, 1 to 100. */
  readonly quality: number;
}

/** What a worker is asked to do with one frame. */
export type Task =
  | { readonly kind: "transcode"; readonly transcoding: Transcoding }
  | {
      readonly kind: "render";
      readonly image: ImageDescription;
      readonly from: string;
      readonly rendering: Rendering;
    };
