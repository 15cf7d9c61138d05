/** What a data set may ask of this process. Every figure is compared with a claim before memory is given for it. */
export interface DicomLimits {
  /** Sequences within sequences. The same bound as for XML, JSON and MIME: no object of PS3.3 nests beyond 12. */
  readonly depth: number;
  /** Elements and items of one data set, all levels. A manifest of 10,000 references has 130,000. */
  readonly elements: number;
  /** Bytes of the file meta information of a stream: PS3.10 7.1 asks for 250, private information may add some. */
  readonly metaBytes: number;
  /** Bytes of the elements before the pixel data when reading from a stream. Functional groups of 10,000 frames: 20 MB. */
  readonly headerBytes: number;
  /** Bytes that a deflated data set may become. Deflated objects are structured reports, not multi-frame images. */
  readonly inflatedBytes: number;
  /** Times that deflate may enlarge what was received; deflate itself cannot exceed 1032, and text stays below 50. */
  readonly inflateRatio: number;
}

export const dicomLimits: DicomLimits = {
  depth: 64,
  elements: 1_000_000,
  metaBytes: 256 * 1024,
  headerBytes: 64 * 1024 * 1024,
  inflatedBytes: 256 * 1024 * 1024,
  inflateRatio: 200,
};
