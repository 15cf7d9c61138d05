/** What the codecs of Cornerstone bring no types for: as much of it as is used. */

declare namespace Cornerstone {
  interface FrameInfo {
    readonly width: number;
    readonly height: number;
    readonly bitsPerSample: number;
    readonly componentCount: number;
    readonly isSigned: boolean;
    /** Of the codec for high-throughput JPEG 2000 only. */
    readonly isUsingColorTransform?: boolean;
  }
  interface Decoder {
    getEncodedBuffer(length: number): Uint8Array;
    getDecodedBuffer(): Uint8Array;
    decode(): void;
    getFrameInfo(): FrameInfo;
    delete(): void;
  }
  interface Encoder {
    getDecodedBuffer(frame: FrameInfo): Uint8Array;
    getEncodedBuffer(): Uint8Array;
    encode(): void;
    delete(): void;
  }
  interface JpegLSDecoder extends Decoder {
    /** 0: all samples of a component, then all of the next. */
    getInterleaveMode(): number;
  }
  interface JpegLSEncoder extends Encoder {
    setNearLossless(error: number): void;
    setInterleaveMode(mode: number): void;
  }
  interface Jpeg2000Encoder extends Encoder {
    setDecompositions(count: number): void;
    setQuality(lossless: boolean, step: number): void;
  }
  interface JpegEncoder extends Encoder {
    setProgressive(progressive: number): void;
    setQuality(quality: number): void;
  }
  interface Options {
    /** Lines that the codec would print. */
    readonly print: (line: string) => void;
    readonly printErr: (line: string) => void;
  }
  interface CharLS {
    readonly JpegLSDecoder: new () => JpegLSDecoder;
    readonly JpegLSEncoder: new () => JpegLSEncoder;
  }
  interface OpenJPEG {
    readonly J2KDecoder: new () => Decoder;
    readonly J2KEncoder: new () => Jpeg2000Encoder;
  }
  interface OpenJPH {
    readonly HTJ2KDecoder: new () => Decoder;
    readonly HTJ2KEncoder: new () => Jpeg2000Encoder;
  }
  interface LibjpegTurbo {
    readonly JPEGDecoder: new () => Decoder;
    readonly JPEGEncoder: new () => JpegEncoder;
  }
}

declare module "@cornerstonejs/codec-charls/wasmjs" {
  export default function load(options: Cornerstone.Options): Promise<Cornerstone.CharLS>;
}
declare module "@cornerstonejs/codec-openjpeg/wasmjs" {
  export default function load(options: Cornerstone.Options): Promise<Cornerstone.OpenJPEG>;
}
declare module "@cornerstonejs/codec-openjph/wasmjs" {
  export default function load(options: Cornerstone.Options): Promise<Cornerstone.OpenJPH>;
}
declare module "@cornerstonejs/codec-libjpeg-turbo-8bit/wasmjs" {
  export default function load(options: Cornerstone.Options): Promise<Cornerstone.LibjpegTurbo>;
}
