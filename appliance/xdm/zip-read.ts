import { type FileHandle, open } from "node:fs/promises";
import { promisify } from "node:util";
import { crc32, inflateRaw } from "node:zlib";
import { type Entry, openPromise, type ZipFile } from "yauzl";
import { asCoded } from "../base/index.ts";
import { xdmErrors } from "./errors.ts";
import { MAX_FILES, MAX_NAME, MAX_RATIO } from "./limits.ts";

const inflate = promisify(inflateRaw);

/** Local file header (APPNOTE 4.3.7) up to its name. */
const LOCAL_HEADER_BYTES = 30;
const LOCAL_HEADER_SIGNATURE = 0x04034b50;
const STORED = 0;
const DEFLATED = 8;

/** A file of a zip, as its central directory describes it. */
export interface ZippedFile {
  readonly name: string;
  readonly size: number;
  readonly compressedSize: number;
  readonly method: number;
  readonly crc32: number;
  readonly headerAt: number;
}

/** An open zip, of which nothing is believed that was not checked. */
export class ZipReader {
  readonly files: readonly ZippedFile[];
  readonly #handle: FileHandle;

  constructor(handle: FileHandle, files: readonly ZippedFile[]) {
    this.#handle = handle;
    this.files = files;
  }

  /**
   * The bytes of a file, at most `limit` of them, checked against the CRC.
   * Throws XDM_FILE_TOO_LARGE before it reads any, XDM_FILE_DAMAGED.
   */
  async read(file: ZippedFile, limit: number): Promise<Buffer> {
    if (file.size > limit || file.compressedSize > limit)
      throw xdmErrors.fault("XDM_FILE_TOO_LARGE", { details: { limit }, where: file.name });
    try {
      const header = await this.#readAt(file.headerAt, LOCAL_HEADER_BYTES);
      if (header.readUInt32LE(0) !== LOCAL_HEADER_SIGNATURE) throw new Error("no local header");
      const dataAt = file.headerAt + LOCAL_HEADER_BYTES + header.readUInt16LE(26) + header.readUInt16LE(28);
      const packed = await this.#readAt(dataAt, file.compressedSize);
      // An output limit of 0 is none to zlib.
      const bytes =
        file.method === STORED ? packed : await inflate(packed, { maxOutputLength: Math.max(file.size, 1) });
      if (bytes.length !== file.size || crc32(bytes) !== file.crc32) throw new Error("other bytes than announced");
      return bytes;
    } catch (cause) {
      throw asCoded(cause, () => xdmErrors.fault("XDM_FILE_DAMAGED", { where: file.name, cause }));
    }
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  async #readAt(position: number, length: number): Promise<Buffer> {
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await this.#handle.read(buffer, 0, length, position);
    if (bytesRead !== length) throw new Error("end of file");
    return buffer;
  }
}

/**
 * Opens a zip and reads its central directory, nothing more. Throws XDM_ZIP_UNREADABLE when there is none, and
 * XDM_ZIP_REFUSED for what no exporter writes: too many files, names that lead out of the archive, occur twice or are
 * too long, encryption, files over one another, contents that swell beyond reason.
 */
export async function openZip(path: string): Promise<ZipReader> {
  let handle: FileHandle;
  let zip: ZipFile;
  try {
    handle = await open(path);
  } catch (cause) {
    throw unreadable(cause);
  }
  try {
    // Names with a backslash are refused with the other names that lead elsewhere, not repaired.
    zip = await openPromise(path, { strictFileNames: true, autoClose: true });
    return new ZipReader(handle, await readDirectory(zip));
  } catch (cause) {
    await handle.close();
    throw asCoded(cause, unreadable);
  }
}

async function readDirectory(zip: ZipFile): Promise<ZippedFile[]> {
  const files: ZippedFile[] = [];
  const names = new Set<string>();
  try {
    if (zip.entryCount > MAX_FILES) throw refused(`more than ${MAX_FILES} files`);
    for await (const entry of zip.eachEntry()) {
      const file = checkEntry(entry);
      // Two names that differ in case are one file on the systems that most people have.
      const folded = file.name.toUpperCase();
      if (names.has(folded)) throw refused("a name occurs twice");
      names.add(folded);
      files.push(file);
    }
  } finally {
    zip.close();
  }
  checkOverlap(files);
  return files;
}

function checkEntry(entry: Entry): ZippedFile {
  if (entry.isEncrypted()) throw refused("encrypted");
  if (entry.compressionMethod !== STORED && entry.compressionMethod !== DEFLATED) throw refused("compression method");
  if (entry.fileName.length > MAX_NAME) throw refused("a name is too long");
  if (entry.uncompressedSize > entry.compressedSize * MAX_RATIO) throw refused("compressed beyond reason");
  return {
    name: entry.fileName,
    size: entry.uncompressedSize,
    compressedSize: entry.compressedSize,
    method: entry.compressionMethod,
    crc32: entry.crc32,
    headerAt: entry.relativeOffsetOfLocalHeader,
  };
}

/** Files that share bytes make a small zip hold any amount (the "better zip bomb"). */
function checkOverlap(files: readonly ZippedFile[]): void {
  let free = 0;
  for (const { headerAt, name, compressedSize } of files.toSorted((a, b) => a.headerAt - b.headerAt)) {
    if (headerAt < free) throw refused("files overlap");
    free = headerAt + LOCAL_HEADER_BYTES + name.length + compressedSize;
  }
}

const refused = (reason: string) => xdmErrors.fault("XDM_ZIP_REFUSED", { details: { reason } });

function unreadable(cause: unknown) {
  const { code, message } = cause as NodeJS.ErrnoException;
  // The library's sentences quote names of the archive: what they are about is said in our own words.
  if (/^(invalid characters in fileName|absolute path|invalid relative path): /.test(message))
    return refused("a name leads out of the archive");
  return xdmErrors.fault("XDM_ZIP_UNREADABLE", { details: { reason: code ?? "structure" }, cause });
}
