/** What comes on the DICOM port, and what an archive answers us. */
import { connect } from "node:net";
import { Status } from "../../../appliance/dimse/index.ts";
import { PduReader } from "../../../appliance/dimse/pdu-reader.ts";
import { InvalidPdu } from "../../../appliance/dimse/pdu-violation.ts";
import { StudyRoot, Verification } from "../../../appliance/dimse/uids.ts";
import { implicit } from "../../dicom/bytes.ts";
import { associateWith, CT_IMAGE, IMPLICIT, startNode } from "../../support/dimse.ts";
import {
  abort,
  associateAc,
  associateRj,
  associateRq,
  command,
  item,
  pData,
  releaseRp,
  releaseRq,
  text,
} from "../../support/parrot.ts";
import { type Target, words } from "../target.ts";

const MAXIMUM_LENGTH = 16_384;
const NO_DATA = 0x0101;

const uid = text(CT_IMAGE);
const role = item(0x54, Buffer.from([0, uid.length]), uid, Buffer.from([1, 1]));
const proposed = [Verification, CT_IMAGE, StudyRoot.find, StudyRoot.move, StudyRoot.get].map(
  (sopClass, index) => [2 * index + 1, sopClass, [IMPLICIT]] as const,
);
const request = associateRq({ proposed, moreUserItems: [role] });

type Field = readonly [element: number, value: number | string];
const message = (context: number, elements: readonly Field[], data?: Buffer) => {
  const bytes = command(...elements, [0x0800, data === undefined ? NO_DATA : 0]);
  const sent = pData(context, { command: true, last: true }, bytes);
  return data === undefined ? sent : Buffer.concat([sent, pData(context, { command: false, last: true }, data)]);
};
const echo = message(1, [
  [0x0002, Verification],
  [0x0100, 0x30],
  [0x0110, 1],
]);
const identifier = Buffer.concat([implicit(0x00080052, "STUDY "), implicit(0x0020000d, "2.25.1")]);
const query = (context: number, sopClass: string, field: number) =>
  message(
    context,
    [
      [0x0002, sopClass],
      [0x0100, field],
      [0x0110, 2],
      [0x0600, "BOX"],
      [0x0700, 0],
    ],
    identifier,
  );
const store = message(
  3,
  [
    [0x0002, CT_IMAGE],
    [0x0100, 1],
    [0x0110, 3],
    [0x0700, 0],
    [0x1000, "2.25.3"],
  ],
  Buffer.concat([implicit(0x00080016, CT_IMAGE), implicit(0x00080018, "2.25.3"), implicit(0x00100010, "ESSAI ")]),
);
const cancel = message(5, [
  [0x0100, 0x0fff],
  [0x0120, 2],
]);

const callers = [
  Buffer.concat([request, echo, releaseRq()]),
  Buffer.concat([request, store, store, releaseRq()]),
  Buffer.concat([request, query(5, StudyRoot.find, 0x20), cancel, releaseRq()]),
  Buffer.concat([request, query(7, StudyRoot.move, 0x21), query(9, StudyRoot.get, 0x10), releaseRq()]),
];
const answers = [
  Buffer.concat([
    associateAc(),
    message(1, [
      [0x0002, Verification],
      [0x0100, 0x8030],
      [0x0120, 1],
      [0x0900, 0],
    ]),
    releaseRp(),
  ]),
  Buffer.concat([associateRj(1, 1, 1)]),
  Buffer.concat([associateAc(), abort(2, 6)]),
];
const vocabulary = [
  echo,
  store,
  cancel,
  request,
  releaseRq(),
  abort(),
  ...words("\x04\0\0\0\0", "GET / HTTP/1.1\r\n\r\n"),
];

/** A listener with every service, and short patience. */
async function startListener() {
  return startNode(
    {
      async store(_request, data) {
        for await (const _piece of data);
        return Status.success;
      },
      async *find({ identifier: asked }) {
        yield asked;
      },
      move: async () => ({ destination: undefined, instances: [] }),
      get: async () => [],
    },
    { limits: { artim: 500, network: 500, idle: 500 } },
  );
}
let listener: ReturnType<typeof startListener> | undefined;

export const targets: Readonly<Record<string, Target>> = {
  "PDUs, cut anywhere": {
    async material() {
      return { corpus: [...callers, ...answers], words: vocabulary };
    },
    read(bytes) {
      const reader = new PduReader(MAXIMUM_LENGTH);
      const step = 1 + (bytes.length % 97);
      for (let at = 0; at < bytes.length; at += step) {
        reader.push(bytes.subarray(at, at + step));
        while (reader.next() !== undefined);
      }
    },
    refusals: [InvalidPdu],
  },
  "an association, by a listener": {
    async material() {
      return { corpus: callers, words: vocabulary };
    },
    async read(bytes) {
      listener ??= startListener();
      const socket = connect({ port: (await listener).port, host: "127.0.0.1" });
      socket.on("error", () => {});
      socket.resume().end(bytes);
      await new Promise((resolve) => socket.once("close", resolve));
    },
    async end() {
      if (listener === undefined) throw new TypeError("nobody listened");
      const { server, port } = await listener;
      const association = await associateWith(port);
      await association.echo();
      await association.release();
      await server.close();
    },
  },
};
