import { once } from "node:events";
import { connect, createServer as createTcpServer, type Socket } from "node:net";
import type { TlsOptions } from "node:tls";
import {
  DataSet,
  type ElementValue,
  ExplicitVRLittleEndian,
  ImplicitVRLittleEndian,
  type Tag,
  Tags,
  vrOf,
} from "../../appliance/dicom/index.ts";
import {
  acceptFrom,
  createServer,
  type OutgoingInstance,
  StudyRoot,
  Verification,
} from "../../appliance/dimse/index.ts";
import { createPacs, type Pacs, type PacsOptions } from "../../appliance/pacs/index.ts";

export type Attributes = ReadonlyMap<Tag, ElementValue>;

/** What a scripted PACS is asked. */
export interface Asked {
  readonly level: "STUDY" | "SERIES" | "IMAGE";
  readonly study: string;
  readonly series: string;
  readonly identifier: DataSet;
}

export interface Script {
  /** The answers to one query; throw `statusFault` for a failure. */
  find(asked: Asked): AsyncIterable<DataSet> | Iterable<DataSet>;
  get?(asked: Asked): readonly OutgoingInstance[];
  readonly tls?: TlsOptions;
  /** Transfer syntaxes that it accepts; uncompressed ones unless said otherwise. */
  readonly syntaxes?: readonly string[];
  /** Associations at once. */
  readonly associations?: number;
}

export interface ScriptedPacs extends AsyncDisposable {
  readonly pacs: Pacs;
  readonly port: number;
  /** Every query received, as `LEVEL study series`. */
  readonly asked: Asked[];
}

const SYNTAXES = [ExplicitVRLittleEndian.uid, ImplicitVRLittleEndian.uid];

/** A PACS of our own that plays a script on 127.0.0.1, and the client under test. */
export async function scriptedPacs(script: Script, options: Partial<PacsOptions> = {}): Promise<ScriptedPacs> {
  const asked: Asked[] = [];
  const note = (identifier: DataSet): Asked => {
    const one: Asked = {
      level: identifier.string(Tags.QueryRetrieveLevel) as Asked["level"],
      study: identifier.string(Tags.StudyInstanceUID) ?? "",
      series: identifier.string(Tags.SeriesInstanceUID) ?? "",
      identifier,
    };
    asked.push(one);
    return one;
  };
  const { get, tls, syntaxes = SYNTAXES, associations = 64 } = script;
  const server = createServer({
    aeTitles: ["ARCHIVE"],
    allow: { callingAETitles: ["DRIMBOX"], addresses: ["127.0.0.1"] },
    acceptContext: acceptFrom(
      new Map([
        [Verification, syntaxes],
        [StudyRoot.find, syntaxes],
        ...(get === undefined ? [] : [[StudyRoot.get, syntaxes] as const, [CT, syntaxes] as const]),
      ]),
    ),
    handlers: {
      async echo() {},
      async *find({ identifier }) {
        yield* script.find(note(identifier));
      },
      ...(get !== undefined && { get: async ({ identifier }) => get(note(identifier)) }),
    },
    limits: { drain: 100, associations, associationsPerAddress: associations },
    ...(tls !== undefined && { tls }),
  });
  const { port } = await server.listen(0, "127.0.0.1");
  return {
    asked,
    port,
    pacs: pacsAt(port, options),
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/** The client under test, impatient. */
export function pacsAt(port: number, options: Partial<PacsOptions> = {}): Pacs {
  return createPacs({
    name: "Archive",
    host: "127.0.0.1",
    port,
    aeTitle: "ARCHIVE",
    callingAETitle: "DRIMBOX",
    ...options,
    timeouts: { connect: 2_000, association: 2_000, network: 2_000, response: 2_000, ...options.timeouts },
  });
}

export const CT = "1.2.840.10008.5.1.4.1.1.2";
export const STUDY = "2.25.5001";

/** An answer: the attributes that are given, none for undefined. */
export function answer(attributes: Readonly<Partial<Record<keyof typeof Tags, string>>>): DataSet {
  const dataSet = new DataSet();
  for (const [keyword, value] of Object.entries(attributes)) {
    const tag = Tags[keyword as keyof typeof Tags];
    if (value !== undefined) dataSet.set(tag, vrOf(tag), value);
  }
  return dataSet;
}

/** A study of `series` CT series of `instances` each, answered as a well-behaved PACS would. */
export function wellBehaved(series: number, instances: number): Script {
  return {
    *find({ level, study, series: asked }) {
      if (study !== STUDY) return;
      if (level === "STUDY") yield answer({ ...aStudy, NumberOfStudyRelatedInstances: String(series * instances) });
      if (level === "SERIES") {
        for (let one = 1; one <= series; one++) {
          yield answer({
            StudyInstanceUID: STUDY,
            SeriesInstanceUID: `${STUDY}.${one}`,
            Modality: "CT",
            SeriesNumber: String(one),
          });
        }
      }
      if (level === "IMAGE") {
        for (let one = 1; one <= instances; one++) {
          yield answer({
            ...anInstance,
            SeriesInstanceUID: asked,
            SOPInstanceUID: `${asked}.${one}`,
            InstanceNumber: String(one),
          });
        }
      }
    },
  };
}

export const aStudy = { StudyInstanceUID: STUDY, PatientID: "IPP-1", AccessionNumber: "ACC1", StudyDate: "20260115" };
export const aSeries = { StudyInstanceUID: STUDY, SeriesInstanceUID: `${STUDY}.1`, Modality: "CT", SeriesNumber: "1" };
export const anInstance = {
  StudyInstanceUID: STUDY,
  SeriesInstanceUID: `${STUDY}.1`,
  SOPInstanceUID: `${STUDY}.1.1`,
  SOPClassUID: CT,
  InstanceNumber: "1",
};

/** One list of answers for each level. */
export function levels(answers: Readonly<Partial<Record<Asked["level"], readonly DataSet[]>>>): Script {
  return { find: ({ level }) => answers[level] ?? [] };
}

/** A relay to `port` that breaks the connection after `bytes` of what the PACS says. */
export async function cutAfter(port: number, bytes: number): Promise<{ port: number } & AsyncDisposable> {
  const sockets = new Set<Socket>();
  const relay = createTcpServer((client) => {
    const archive = connect(port, "127.0.0.1");
    let left = bytes;
    for (const socket of [client, archive]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        client.destroy();
        archive.destroy();
      });
    }
    client.on("data", (chunk) => archive.write(chunk));
    archive.on("data", (chunk: Buffer) => {
      client.write(chunk.subarray(0, left));
      left -= chunk.length;
      if (left <= 0) client.end();
    });
  }).listen(0, "127.0.0.1");
  await once(relay, "listening");
  const address = relay.address();
  if (address === null || typeof address === "string") throw new Error("no TCP port");
  return {
    port: address.port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      relay.close();
      await once(relay, "close");
    },
  };
}
