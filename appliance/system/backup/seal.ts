import {
  createCipheriv,
  createDecipheriv,
  createHash,
  randomBytes,
  type ScryptOptions,
  scrypt,
  timingSafeEqual,
} from "node:crypto";
import { promisify } from "node:util";
import { Type } from "typebox";
import { Value } from "typebox/value";
import { ByteReader } from "./byte-reader.ts";
import { backupErrors, damaged } from "./errors.ts";

/**
 * The outside of a backup file: a mark, a header that is readable by anyone, and a body that is sealed or not.
 *
 *     "DRIMBAK1"  header length (2)  header (JSON)  body
 *
 * Sealed, the body is a row of chunks, each encrypted and authenticated by itself (AES-256-GCM) under its number, with
 * the header as associated data; the last one says that it is the last, so that a file cannot be cut, not even between
 * two chunks. The key is that file's alone (a random salt), which is why a number may be the nonce.
 */
export const MARK = Buffer.from("DRIMBAK1");
const CHUNK_BYTES = 1024 * 1024;
const TAG_BYTES = 16;
const SALT_BYTES = 32;
const MAX_HEADER_BYTES = 1024;
/** OWASP's first choice for scrypt: 128 MB and half a second for each guess. */
const SCRYPT = { N: 2 ** 17, r: 8, p: 1, maxmem: 256 * 1024 * 1024 };
/** Shortest passphrase: health data leave the site on a medium that may be lost. */
const MIN_PASSPHRASE = 12;

const Hex = Type.String({ pattern: "^[0-9a-f]{64}$" });
const Header = Type.Union([
  Type.Object({ sealed: Type.Literal(false) }),
  Type.Object({ sealed: Type.Literal(true), salt: Hex, check: Hex }),
]);

/** Throws BACKUP_PASSPHRASE_SHORT. */
export function requirePassphrase(passphrase: string): void {
  if ([...passphrase].length >= MIN_PASSPHRASE) return;
  throw backupErrors.fault("BACKUP_PASSPHRASE_SHORT", { details: { least: MIN_PASSPHRASE } });
}

/** Wraps `body` with a passphrase, or in the clear when it is null. */
export async function* seal(body: AsyncIterable<Buffer>, passphrase: string | null): AsyncGenerator<Buffer> {
  const salt = randomBytes(SALT_BYTES);
  const secret = passphrase === null ? undefined : await derive(passphrase, salt);
  const facts = secret ? { sealed: true, salt: salt.toString("hex"), check: secret.check } : { sealed: false };
  const header = Buffer.from(JSON.stringify(facts));
  const length = Buffer.alloc(2);
  length.writeUInt16BE(header.length);
  yield Buffer.concat([MARK, length, header]);
  if (secret === undefined) return yield* body;

  await using reader = new ByteReader(body);
  for (let number = 0, last = false; !last; number++) {
    const chunk = await reader.takeUpTo(CHUNK_BYTES);
    last = await reader.ended();
    const cipher = createCipheriv("aes-256-gcm", secret.key, nonce(number, last), { authTagLength: TAG_BYTES });
    cipher.setAAD(header);
    yield Buffer.concat([cipher.update(chunk), cipher.final(), cipher.getAuthTag()]);
  }
}

/**
 * The body of a sealed or clear file; nothing of a sealed one is given out that is not authentic. Throws BACKUP_NOT_ONE,
 * BACKUP_PASSPHRASE_NEEDED, BACKUP_PASSPHRASE_WRONG, BACKUP_DAMAGED.
 */
export async function* unseal(file: AsyncIterable<Buffer>, passphrase: string | undefined): AsyncGenerator<Buffer> {
  await using reader = new ByteReader(file);
  const header = await readHeader(reader);
  const facts = parseHeader(header);
  if (!facts.sealed) {
    while (!(await reader.ended())) yield await reader.takeUpTo(CHUNK_BYTES);
    return;
  }
  if (passphrase === undefined) throw backupErrors.fault("BACKUP_PASSPHRASE_NEEDED");
  const { key, check } = await derive(passphrase, Buffer.from(facts.salt, "hex"));
  if (!timingSafeEqual(Buffer.from(check), Buffer.from(facts.check)))
    throw backupErrors.fault("BACKUP_PASSPHRASE_WRONG");

  for (let number = 0, last = false; !last; number++) {
    const chunk = await reader.takeUpTo(CHUNK_BYTES + TAG_BYTES);
    last = await reader.ended();
    yield open(chunk, key, nonce(number, last), header);
  }
}

async function readHeader(reader: ByteReader): Promise<Buffer> {
  const start = await reader.takeUpTo(MARK.length + 2);
  if (start.length < MARK.length + 2 || !start.subarray(0, MARK.length).equals(MARK))
    throw backupErrors.fault("BACKUP_NOT_ONE");
  const length = start.readUInt16BE(MARK.length);
  if (length > MAX_HEADER_BYTES) throw backupErrors.fault("BACKUP_NOT_ONE");
  return reader.take(length);
}

function parseHeader(header: Buffer) {
  const facts = parseJson(header);
  if (!Value.Check(Header, facts)) throw backupErrors.fault("BACKUP_NOT_ONE");
  return facts;
}

/** What JSON says, or undefined where it is none. */
export function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
}

/** The key of one file, and what tells a wrong passphrase from a damaged file: an independent part of the same hash. */
async function derive(passphrase: string, salt: Buffer): Promise<{ readonly key: Buffer; readonly check: string }> {
  const derived = await promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt)(
    // The same letters typed on another keyboard may be other code points.
    passphrase.normalize("NFC"),
    salt,
    64,
    SCRYPT,
  );
  return { key: derived.subarray(0, 32), check: createHash("sha256").update(derived.subarray(32)).digest("hex") };
}

function open(chunk: Buffer, key: Buffer, iv: Buffer, header: Buffer): Buffer {
  if (chunk.length < TAG_BYTES) throw damaged("cut short");
  const decipher = createDecipheriv("aes-256-gcm", key, iv, { authTagLength: TAG_BYTES });
  decipher.setAAD(header);
  decipher.setAuthTag(chunk.subarray(-TAG_BYTES));
  const bytes = decipher.update(chunk.subarray(0, -TAG_BYTES));
  try {
    decipher.final();
  } catch (cause) {
    throw damaged("not authentic", cause);
  }
  return bytes;
}

/** Chunk number and whether it is the last. */
function nonce(number: number, last: boolean): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32BE(number, 4);
  bytes.writeUInt8(last ? 1 : 0, 11);
  return bytes;
}
