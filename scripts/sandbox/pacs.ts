/**
 * The PACS of the sandbox: small, in memory, and strict - what it refuses, some PACS of the field refuses. It answers C-ECHO,
 * hierarchical C-FIND, C-MOVE to the destinations it knows, C-GET, and keeps what C-STORE brings.
 */
import { type Logger, silent } from "../../appliance/base/index.ts";
import {
  type DataSet,
  ExplicitVRLittleEndian,
  ImplicitVRLittleEndian,
  readDataSet,
  Tags,
  TransferSyntaxes,
} from "../../appliance/dicom/index.ts";
import {
  type AcceptContext,
  createServer,
  type Destination,
  type MovePlan,
  PatientRoot,
  type ReceivedStore,
  type ServerLimits,
  Status,
  StudyRoot,
  statusFault,
  Verification,
} from "../../appliance/dimse/index.ts";
import { Archive, instancesOf } from "./pacs/archive.ts";
import { type Behaviour, outgoing } from "./pacs/behaviour.ts";
import { noteOn, sendNote } from "./pacs/iocm.ts";
import { find, retrieve } from "./pacs/query.ts";
import { SharedAssociations } from "./pacs/shared-associations.ts";
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
  readonly behaviour?: Behaviour;
  /** Services that it does not offer: SOP class UIDs. */
  readonly without?: readonly string[];
  readonly limits?: Partial<ServerLimits>;
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
  /** How it retrieves from now on. */
  behave(behaviour: Behaviour): void;
  /** Associations that others have open with it. */
  readonly associations: number;
  /** How often it was asked to send images. */
  readonly retrieves: number;
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
  let { behaviour = {} } = options;
  const shared = new Map<string, SharedAssociations>();
  let retrieves = 0;
  const asked = (sopClassUID: string, identifier: DataSet) => {
    retrieves += 1;
    if (behaviour.refuse !== undefined) throw statusFault("retrieve", behaviour.refuse);
    return outgoing(retrieve(archive, sopClassUID, identifier), behaviour);
  };
  const sharedTo = (destination: Destination, shares: number) => {
    const lines = shared.get(destination.aeTitle) ?? new SharedAssociations(destination, aeTitle, shares);
    shared.set(destination.aeTitle, lines);
    return lines;
  };
  const rejected = new Map<string, SyntheticInstance>();
  const add = (study: SyntheticStudy) => {
    for (const instance of study.instances) archive.add(instance);
  };
  for (const study of options.studies ?? []) add(study);

  const server = createServer({
    aeTitles: [aeTitle],
    allow: { callingAETitles: "any", addresses: ["127.0.0.1", "::1"] },
    acceptContext: (abstractSyntax, offered, requestor) =>
      options.without?.includes(abstractSyntax) === true
        ? { refused: "abstract syntax" }
        : acceptContext(abstractSyntax, offered, requestor),
    log: options.log ?? silent,
    ...(options.limits !== undefined && { limits: options.limits }),
    handlers: {
      async *find({ sopClassUID, identifier }) {
        yield* find(archive, sopClassUID, identifier, aeTitle);
      },
      async move({ sopClassUID, identifier, destination }) {
        const instances = asked(sopClassUID, identifier);
        const to = destinations.get(destination);
        const { shares = 1, namesMoves = true, early = false } = behaviour;
        if (to === undefined || (shares === 1 && namesMoves)) return { destination: to, instances };
        const lines = sharedTo(to, shares);
        const store: MovePlan["store"] = async (instance, originator) => {
          const sent = lines.store(instance, instances, namesMoves ? originator : undefined);
          return early ? Status.success : sent;
        };
        return { destination: to, instances, store };
      },
      get: async ({ sopClassUID, identifier }) => asked(sopClassUID, identifier),
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
    behave(changed) {
      behaviour = changed;
    },
    get associations() {
      return server.associations;
    },
    get retrieves() {
      return retrieves;
    },
    contents: () => new Map(archive.studies.map((study) => [study.studyInstanceUID, instancesOf(study).length])),
    async stop() {
      await server.close();
      await Promise.all([...shared.values()].map((lines) => lines.end()));
    },
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
