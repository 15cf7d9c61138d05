/** What the codecs of Cornerstone bring no types for: as much of it as is used. */

declare module "@cornerstonejs/codec-charls" {
  interface Frame {
    readonly width: number;
    readonly height: number;
    readonly bitsPerSample: number;
    readonly componentCount: number;
    readonly isSigned: boolean;
  }
  interface JpegLSDecoder {
    getEncodedBuffer(length: number): Uint8Array;
    getDecodedBuffer(): Uint8Array;
    decode(): void;
    getFrameInfo(): Frame;
    delete(): void;
  }
  interface JpegLSEncoder {
    getDecodedBuffer(frame: Frame): Uint8Array;
    getEncodedBuffer(): Uint8Array;
    setNearLossless(error: number): void;
    setInterleaveMode(mode: number): void;
    encode(): void;
    delete(): void;
  }
  interface Charls {
    readonly JpegLSDecoder: new () => JpegLSDecoder;
    readonly JpegLSEncoder: new () => JpegLSEncoder;
  }
  const load: () => Promise<Charls>;
  export default load;
}
