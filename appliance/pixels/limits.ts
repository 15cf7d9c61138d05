/** What one frame may ask of this process. Every figure is compared with a claim before memory is given for it. */
export const pixelsLimits = {
  /** Bytes of one frame without compression: the largest mammograms, 5,000 x 6,000 pixels of 16 bits, have 60 MB. */
  frameBytes: 64 * 1024 * 1024,
  /** Bytes of WebAssembly memory of one codec: OpenJPEG works on 32 bits a sample, three times over. */
  codecBytes: 1024 * 1024 * 1024,
  /** Tiles of a JPEG 2000 image: OpenJPEG takes some kilobytes for each that is claimed, whether it is there or not. */
  tiles: 4096,
  /** Bytes of frames that may wait for a worker; other frames wait unread. */
  waitingBytes: 256 * 1024 * 1024,
  /** Frames that may wait, read or not: each transfer has three at most, so that these are of more than a thousand transfers. */
  waitingFrames: 4096,
  /** Milliseconds for one frame: the largest mammogram in JPEG 2000 took 4 s on a slow machine. */
  frameMs: 30_000,
  /** Milliseconds after which a worker without work is ended: what its codecs took is given back with it. */
  idleMs: 60_000,
  /** Bytes of buffers and codecs that a worker may keep from one frame to the next: slices of 512 x 512 pixels leave 80 MB. */
  heldBytes: 192 * 1024 * 1024,
  /** Megabytes of the JavaScript heap of a worker; its buffers and codecs are not in it. */
  heapMb: 256,
  /** Pixels of a side of a viewport: the widest screens have 7,680, those for a diagnosis 4,096. */
  viewport: 8192,
  /** Pixels of a picture that is drawn larger than it is: what a screen for a diagnosis shows. */
  enlargedPixels: 16 * 1024 * 1024,
  /** How many times longer a side is drawn at most: 64 pixels of a magnetic resonance fill 512; more shows nothing more. */
  enlargement: 8,
  /** Pixels of the longer side of a thumbnail. */
  thumbnail: 256,
  /** Entries of a look-up table (PS3.3 C.11.1.1.1). */
  lutEntries: 65_536,
} as const;
