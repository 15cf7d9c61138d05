import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import type { ByteReader } from "./byte-reader.ts";
import { damaged } from "./errors.ts";
import { parseJson } from "./seal.ts";

/**
 * The inside of a backup: manifest length (4), manifest (JSON), then the bytes of its files, one after the other. The
 * manifest comes first, so that a restoration knows what it is about before it writes.
 */
export const DATABASE = "box.db";
export const CONFIGURATION = "configuration.json";

const MAX_MANIFEST_BYTES = 64 * 1024;
const READ_BYTES = 1024 * 1024;

const File = Type.Object({
  name: Type.Union([Type.Literal(DATABASE), Type.Literal(CONFIGURATION)]),
  size: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  sha256: Type.String({ pattern: "^[0-9a-f]{64}$" }),
});
const Manifest = Type.Object({
  product: Type.Literal("DRIMbox"),
  /** Version of the software that made the backup. */
  version: Type.String(),
  /** Version of the database's schema. */
  schema: Type.Integer({ minimum: 0 }),
  /** ISO 8601. */
  createdAt: Type.String(),
  files: Type.Tuple([File, File]),
});

export type BackedUpFile = Static<typeof File>;
export type Manifest = Static<typeof Manifest>;

/** What a manifest says of a file. */
export async function describe(name: BackedUpFile["name"], path: string): Promise<BackedUpFile> {
  const hash = createHash("sha256");
  for await (const piece of bytesOf(path)) hash.update(piece);
  return { name, size: (await stat(path)).size, sha256: hash.digest("hex") };
}

/** A file, piece by piece. */
export function bytesOf(path: string): AsyncIterable<Buffer> {
  return createReadStream(path, { highWaterMark: READ_BYTES });
}

/** The body of a backup; `paths` are those of the manifest's files. */
export async function* writeBody(manifest: Manifest, paths: readonly string[]): AsyncGenerator<Buffer> {
  const json = Buffer.from(JSON.stringify(manifest));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  yield Buffer.concat([length, json]);
  for (const path of paths) yield* bytesOf(path);
}

/** Throws BACKUP_DAMAGED. */
export async function readManifest(body: ByteReader): Promise<Manifest> {
  const length = (await body.take(4)).readUInt32BE(0);
  if (length > MAX_MANIFEST_BYTES) throw damaged("manifest");
  const manifest = parseJson(await body.take(length));
  if (!Value.Check(Manifest, manifest)) throw damaged("manifest");
  const [first, second] = manifest.files;
  if (first.name !== DATABASE || second.name !== CONFIGURATION) throw damaged("manifest");
  return manifest;
}

/** The bytes of the body's next file; its end tells whether they were those of the manifest. Throws BACKUP_DAMAGED. */
export async function* readFile(body: ByteReader, { name, size, sha256 }: BackedUpFile): AsyncGenerator<Buffer> {
  const hash = createHash("sha256");
  for (let left = size; left > 0; ) {
    const piece = await body.take(Math.min(left, READ_BYTES));
    hash.update(piece);
    left -= piece.length;
    yield piece;
  }
  if (hash.digest("hex") !== sha256) throw damaged(name);
}
