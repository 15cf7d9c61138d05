/**
 * The PACS of the sandbox: small, in memory, and strict - what it refuses, some PACS of the field refuses. It answers C-ECHO,
 * hierarchical C-FIND, C-MOVE to the destinations it knows, C-GET, and keeps what C-STORE brings.
 */
import { type Logger, silent } from "../../appliance/base/index.ts";
import {
  ExplicitVRLittleEndian,
  encodeDataSet,
  ImplicitVRLittleEndian,
  readDataSet,
  Tags,
  TransferSyntaxes,
} from "../../appliance/dicom/index.ts";
import {
  type AcceptContext,
  createServer,
  type Destination,
  type OutgoingInstance,
  PatientRoot,
  type ReceivedStore,
  Status,
  StudyRoot,
  Verification,
} from "../../appliance/dimse/index.ts";
import { Archive, instancesOf } from "./pacs/archive.ts";
import { noteOn, sendNote } from "./pacs/iocm.ts";
import { find, retrieve } from "./pacs/query.ts";
import { TITLES, type Title } from "./rejection-note.ts";
import type { SyntheticInstance, SyntheticStudy } from "./studies.ts";

export interface SandboxPacsOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** 127.0.0.1 unless said otherwise. */
  readonly host?: string;
  readonly aeTitle?: string;
  readonly studies?: readonly SyntheticStudy[];
  /** Where it may C-MOVE to. */
  readonly destinations?: readonly Destination[];
  readonly log?: Logger;
}

export interface SandboxPacs {
  readonly host: string;
  readonly port: number;
  readonly aeTitle: string;
  add(study: SyntheticStudy): void;
  /** Forgets a study, as a PACS that purges or loses it. False when it had none. */
  remove(studyInstanceUID: string): boolean;
  /**
   * Rejects or restores instances of a study, all of them unless said otherwise, and tells the destination by a rejection note
   * (IHE RAD-66). Returns the status that it answers.
   */
  reject(studyInstanceUID: string, rejection: Rejection): Promise<number>;
  addDestination(destination: Destination): void;
  /** UIDs of the studies it holds, and how many instances of each. */
  contents(): ReadonlyMap<string, number>;
  stop(): Promise<void>;
}

export interface Rejection {
  readonly title: Title;
  readonly to: Destination;
  readonly sopInstanceUIDs?: readonly string[];
}

/** PS3.4 B.5: the storage SOP classes. */
const STORAGE = /^1\.2\.840\.10008\.5\.1\.4\.(1\.1|34\.7|43\.1|44\.1|45\.1)(\.|$)/;
const SERVICES = new Set<string>([Verification, ...Object.values(StudyRoot), ...Object.values(PatientRoot)]);
const UNCOMPRESSED = [ExplicitVRLittleEndian.uid, ImplicitVRLittleEndian.uid];

/** Starts it; it is open to any AE title of this machine, as a sandbox is. */
export async function startSandboxPacs(options: SandboxPacsOptions = {}): Promise<SandboxPacs> {
  const archive = new Archive();
  const destinations = new Map((options.destinations ?? []).map((one) => [one.aeTitle, one]));
  const aeTitle = options.aeTitle ?? "PACS";
  const rejected = new Map<string, SyntheticInstance>();
  const add = (study: SyntheticStudy) => {
    for (const instance of study.instances) archive.add(instance);
  };
  for (const study of options.studies ?? []) add(study);

  const server = createServer({
    aeTitles: [aeTitle],
    allow: { callingAETitles: "any", addresses: ["127.0.0.1", "::1"] },
    acceptContext,
    log: options.log ?? silent,
    handlers: {
      async *find({ sopClassUID, identifier }) {
        yield* find(archive, sopClassUID, identifier, aeTitle);
      },
      async move({ sopClassUID, identifier, destination }) {
        const instances = retrieve(archive, sopClassUID, identifier).map(outgoing);
        return { destination: destinations.get(destination), instances };
      },
      get: async ({ sopClassUID, identifier }) => retrieve(archive, sopClassUID, identifier).map(outgoing),
      async store(request, data) {
        const instance = await received(request, data);
        if (instance === undefined) return Status.identifierDoesNotMatch;
        archive.add(instance);
        return Status.success;
      },
    },
  });
  const { host, port } = await server.listen(options.port ?? 0, options.host ?? "127.0.0.1");
  return {
    host,
    port,
    aeTitle,
    add,
    remove: (studyInstanceUID) => archive.remove(studyInstanceUID),
    reject(studyInstanceUID, { title, to, sopInstanceUIDs }) {
      const study = archive.get(studyInstanceUID);
      const known = [...(study === undefined ? [] : instancesOf(study)), ...rejected.values()];
      const concerned = known.filter(
        (one) =>
          one.dataSet.string(Tags.StudyInstanceUID) === studyInstanceUID &&
          (sopInstanceUIDs?.includes(one.sopInstanceUID) ?? true),
      );
      for (const instance of concerned) {
        if (title === TITLES.restored) {
          rejected.delete(instance.sopInstanceUID);
          archive.add(instance);
        } else {
          rejected.set(instance.sopInstanceUID, instance);
          archive.removeInstance(instance);
        }
      }
      return sendNote(noteOn(studyInstanceUID, concerned, title), to, aeTitle);
    },
    addDestination: (destination) => void destinations.set(destination.aeTitle, destination),
    contents: () => new Map(archive.studies.map((study) => [study.studyInstanceUID, instancesOf(study).length])),
    stop: () => server.close(),
  };
}

/** The services uncompressed; every storage class, in the first transfer syntax offered that we can read. */
const acceptContext: AcceptContext = (abstractSyntax, offered) => {
  const service = SERVICES.has(abstractSyntax);
  if (!service && !STORAGE.test(abstractSyntax)) return { refused: "abstract syntax" };
  const known = service
    ? UNCOMPRESSED.find((uid) => offered.includes(uid))
    : offered.find((uid) => TransferSyntaxes.has(uid));
  return known === undefined ? { refused: "transfer syntaxes" } : { transferSyntax: known };
};

function outgoing({ sopClassUID, sopInstanceUID, transferSyntax, dataSet }: SyntheticInstance): OutgoingInstance {
  return { sopClassUID, sopInstanceUID, transferSyntax, open: () => encodeDataSet(dataSet, transferSyntax) };
}

/** Keeps the instance whole, as it came; undefined when its UIDs are not those of the request, or its study has none. */
async function received(
  { sopClassUID, sopInstanceUID, transferSyntax }: ReceivedStore,
  data: AsyncIterable<Uint8Array>,
): Promise<SyntheticInstance | undefined> {
  const pieces: Uint8Array[] = [];
  for await (const piece of data) pieces.push(piece);
  const dataSet = readDataSet(Buffer.concat(pieces), { transferSyntax });
  const same = dataSet.string(Tags.SOPInstanceUID) === sopInstanceUID;
  if (!same || dataSet.string(Tags.StudyInstanceUID) === undefined) return undefined;
  return { sopClassUID, sopInstanceUID, transferSyntax, dataSet };
}
