import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A real DICOM peer started for a test. */
export interface DicomPeer {
  readonly host: string;
  readonly port: number;
  readonly aeTitle: string;
  /** Where it keeps what it receives, as it names it itself. */
  readonly folder: string;
  /** What it wrote on its outputs so far. */
  output(): string;
  pid(): number;
  /** Ends the process and removes its folder. */
  stop(): Promise<void>;
}

/** Another application entity that the peer must know, to move instances to it. */
export interface KnownEntity {
  readonly aeTitle: string;
  readonly host: string;
  readonly port: number;
}

export interface PeerOptions {
  readonly aeTitle?: string;
  readonly port?: number;
  /** More command line options. */
  readonly args?: readonly string[];
  readonly destinations?: readonly KnownEntity[];
}

/** A test that fails before its `stop` must not leave a server behind. */
const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

const READY_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 5_000;

/** A TCP port of 127.0.0.1 that nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no TCP port");
  return address.port;
}

/** DCMTK `storescp`, bit preserving, every transfer syntax; files land in `folder`. */
export async function startStorescp(options: PeerOptions = {}): Promise<DicomPeer> {
  const folder = await mkdtemp(join(tmpdir(), "storescp-"));
  const port = options.port ?? (await freePort());
  const aeTitle = options.aeTitle ?? "STORESCP";
  const args = ["-aet", aeTitle, "-od", folder, "+xa", "+B", "-pm", ...(options.args ?? []), String(port)];
  return start("storescp", args, { folder, port, aeTitle });
}

/** DCMTK `dcmqrscp`: C-FIND, C-MOVE, C-GET and C-STORE over one storage area. */
export async function startDcmqrscp(options: PeerOptions = {}): Promise<DicomPeer> {
  const folder = await mkdtemp(join(tmpdir(), "dcmqrscp-"));
  const port = options.port ?? (await freePort());
  const aeTitle = options.aeTitle ?? "DCMQRSCP";
  const storage = join(folder, "storage");
  await mkdir(storage);
  const hosts = (options.destinations ?? []).map((d, i) => `peer${i} = (${d.aeTitle}, ${d.host}, ${d.port})`);
  const configuration = [
    `NetworkTCPPort = ${port}`,
    "MaxPDUSize = 65536",
    "MaxAssociations = 16",
    "HostTable BEGIN",
    ...hosts,
    "HostTable END",
    "VendorTable BEGIN",
    "VendorTable END",
    "AETable BEGIN",
    `${aeTitle} ${storage} RW (200, 2048mb) ANY`,
    "AETable END",
  ];
  const file = join(folder, "dcmqrscp.cfg");
  await writeFile(file, `${configuration.join("\n")}\n`);
  return start("dcmqrscp", ["-c", file, ...(options.args ?? []), String(port)], { folder, port, aeTitle });
}

export interface OrthancPeer extends DicomPeer {
  /** Base of its REST API, no trailing slash. */
  readonly url: string;
}

/** Orthanc with an empty base, open to every DICOM service on 127.0.0.1; `settings` override its configuration. */
export async function startOrthanc(
  options: PeerOptions & { readonly settings?: Readonly<Record<string, unknown>> } = {},
): Promise<OrthancPeer> {
  const folder = await mkdtemp(join(tmpdir(), "orthanc-"));
  const port = options.port ?? (await freePort());
  const httpPort = await freePort();
  const aeTitle = options.aeTitle ?? "ORTHANC";
  const modalities = (options.destinations ?? []).map((d) => [d.aeTitle, [d.aeTitle, d.host, d.port]] as const);
  const configuration = {
    Name: "test",
    StorageDirectory: folder,
    IndexDirectory: folder,
    DicomAet: aeTitle,
    DicomPort: port,
    HttpPort: httpPort,
    RemoteAccessAllowed: false,
    AuthenticationEnabled: false,
    WebDavEnabled: false,
    UnknownSopClassAccepted: true,
    DicomAlwaysAllowFind: true,
    DicomAlwaysAllowMove: true,
    DicomAlwaysAllowGet: true,
    DicomModalities: Object.fromEntries(modalities),
    Plugins: [],
    ...options.settings,
  };
  const file = join(folder, "orthanc.json");
  await writeFile(file, JSON.stringify(configuration));
  const peer = await start("Orthanc", [...(options.args ?? []), file], { folder, port, aeTitle });
  await ready(httpPort, peer);
  return { ...peer, url: `http://127.0.0.1:${httpPort}` };
}

/** Runs a command to its end with DCMTK's Nagle delay off; rejects only when it cannot start. */
export async function run(
  command: string,
  args: readonly string[],
  timeoutMs = 60_000,
): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawn(command, args, { env: { ...process.env, TCP_NODELAY: "1" }, timeout: timeoutMs });
  const output = collect(child);
  const [code] = (await once(child, "close")) as [number | null];
  return { code, output: output() };
}

async function start(
  command: string,
  args: readonly string[],
  where: { readonly folder: string; readonly port: number; readonly aeTitle: string },
): Promise<DicomPeer> {
  const child = spawn(command, args, { env: { ...process.env, TCP_NODELAY: "1" } });
  const output = collect(child);
  running.add(child);
  const exited = once(child, "close").finally(() => running.delete(child));
  const peer: DicomPeer = {
    ...where,
    host: "127.0.0.1",
    output,
    pid: () => child.pid ?? -1,
    async stop() {
      child.kill("SIGTERM");
      const late = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
      await exited;
      clearTimeout(late);
      await rm(where.folder, { recursive: true, force: true });
    },
  };
  await ready(where.port, peer, () => child.exitCode !== null);
  return peer;
}

function collect(child: ChildProcess): () => string {
  let text = "";
  const add = (chunk: Buffer) => {
    text = (text + chunk.toString("latin1")).slice(-1_000_000);
  };
  child.stdout?.on("data", add);
  child.stderr?.on("data", add);
  return () => text;
}

/** Waits until the port accepts a connection. */
async function ready(port: number, peer: DicomPeer, ended: () => boolean = () => false): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (Date.now() < deadline && !ended()) {
    if (await accepts(port)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await peer.stop();
  throw new Error(`a DICOM peer did not start: ${peer.output().slice(-2_000)}`);
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
