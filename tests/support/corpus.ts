import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readPart10, Tags } from "../../appliance/dicom/index.ts";
import { sharedSamples } from "./samples.ts";

/** A file of the corpus: what C-STORE needs, and its data set exactly as in the file. */
export interface CorpusFile {
  readonly name: string;
  readonly path: string;
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
  readonly transferSyntax: string;
  readonly dataSet: Buffer;
}

/** The data set of a DICOM file, after its meta information, byte for byte. */
export function dataSetBytes(file: Buffer): Buffer {
  // (0002,0000) is the first element, explicit little endian: its value says where group 0002 ends (PS3.10 7.1).
  return file.subarray(144 + file.readUInt32LE(140));
}

/** The files of the shared corpus that have meta information and UIDs; empty without the corpus. */
export function corpusFiles(): readonly CorpusFile[] {
  const samples = sharedSamples();
  if (samples === undefined) return [];
  const folder = join(samples, "dicom-corpus");
  return readdirSync(folder)
    .filter((name) => name.endsWith(".dcm"))
    .flatMap((name): CorpusFile[] => {
      const path = join(folder, name);
      const bytes = readFileSync(path);
      if (bytes.toString("latin1", 128, 132) !== "DICM" || bytes.readUInt32LE(132) !== 0x00000002) return [];
      try {
        const { meta, transferSyntax } = readPart10(bytes);
        const sopClassUID = meta.string(Tags.MediaStorageSOPClassUID);
        const sopInstanceUID = meta.string(Tags.MediaStorageSOPInstanceUID);
        if (sopClassUID === undefined || sopInstanceUID === undefined) return [];
        const dataSet = dataSetBytes(bytes);
        return [{ name, path, sopClassUID, sopInstanceUID, transferSyntax: transferSyntax.uid, dataSet }];
      } catch {
        return [];
      }
    });
}
