/**
 * What goes wrong when images are asked for, over the network: how the answer ends, which error is told, what the audit trail
 * says of it (0 well, 4 tried again by itself, 8 not), within how many seconds. And that nothing of it is left behind.
 */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { within } from "../../appliance/base/index.ts";
import { encodeDataSet, readDataSet, type Tag, Tags, vrOf } from "../../appliance/dicom/index.ts";
import type { Behaviour } from "../../scripts/sandbox/pacs/behaviour.ts";
import { NEIGHBOUR } from "../../scripts/sandbox/pki.ts";
import { type Fault, OTHER_CLIENT } from "../../scripts/sandbox/psc/index.ts";
import { type SyntheticInstance, syntheticStudy } from "../../scripts/sandbox/studies.ts";
import { testCertificate } from "../support/certificates.ts";
import {
  type Answered,
  type Asking,
  anAddress,
  type ImageSite,
  LE,
  livingBytes,
  openImageSite,
  type Published,
  type Remains,
  until,
} from "./images-site.ts";

/** Places of one asker, and associations of one PACS: so few that one which is not given back is missed by the next row. */
const PLACES = 5;
const ASSOCIATIONS = 1;
/** More in a nightly run. */
const REPETITIONS = Number(process.env.IMAGE_REPETITIONS ?? 200);

let site: ImageSite;
/** An exam that is at hand: only who asks for it is at fault. */
let shared: Published;
let quiet: Remains;

beforeAll(async () => {
  site = await openImageSite({
    archives: {
      get: { retrieve: ["c-get"], mostAssociations: ASSOCIATIONS },
      move: { retrieve: ["c-move"], mostAssociations: ASSOCIATIONS },
    },
    images: { concurrentPerPeer: PLACES, concurrent: 2 * PLACES },
  });
  shared = await site.publish("get");
  expect((await site.ask(shared)).end).toBe("whole");
  await sleep(1000);
  quiet = site.remains();
});
afterAll(() => site[Symbol.asyncDispose]());

/** One row: what happens is what the row says, in its time, and leaves nothing. */
async function meets(end: string, code: string, trail: string, seconds: number, ask: () => Promise<Answered>) {
  const last = await site.lastRecord();
  const answered = await within(ask(), seconds * 1000);
  const recorded = await until(async () => (await site.trail(last)) || undefined, "recorded");
  expect({ end: answered.end, told: answered.code ?? code, recorded }).toEqual({
    ...{ end, told: code },
    recorded: `${trail} ${code}`.trim(),
  });
  await site.settles(quiet);
}

/** The same, of who is turned away from an exam that is at hand; who asks well is then served. */
async function isTurnedAway([, end, code, trail, seconds, asking]: Row): Promise<void> {
  await meets(end, code, trail, seconds, async () => site.ask(shared, { from: anAddress(), ...(await asking()) }));
  psc().recover();
  expect((await site.ask(shared, bearer(await psc().issue("radiologist")))).end).toBe("whole");
}

type Row = readonly [
  cause: string,
  end: string,
  code: string,
  trail: string,
  seconds: number,
  asking: () => Asking | Promise<Asking>,
];

const CERTIFICATE = "certificate-refused 8";
/** A clock may be wrong, or the certificate be renewed. */
const FOR_NOW = "certificate-refused 4";
const another = (name: string, how: object = {}) =>
  site.pki.issue({ name, kind: "ORG AUTH_CLI", structure: NEIGHBOUR, ...how });
const ofServers = async () => (await site.pki.market()).server;
const signedByHimself = () => {
  const subject = `/C=FR/ST=Paris (75)/O=${NEIGHBOUR.name}/OU=${NEIGHBOUR.id}/CN=drimbox.${NEIGHBOUR.id}`;
  const { certificateFile, keyFile } = testCertificate({ subject });
  return { certificate: readFileSync(certificateFile, "utf8"), key: readFileSync(keyFile, "utf8") };
};

const CERTIFICATES: readonly Row[] = [
  ["none", "403", "TRUST_PEER_NO_CERTIFICATE", CERTIFICATE, 5, () => ({ identity: "nobody" })],
  ["signed by himself", "403", "TRUST_PEER_UNKNOWN_AUTHORITY", CERTIFICATE, 5, as(signedByHimself)],
  ["forged", "403", "TRUST_PEER_UNKNOWN_AUTHORITY", CERTIFICATE, 5, as(() => another("fake", { untrusted: true }))],
  ["of servers", "403", "TRUST_PEER_UNKNOWN_AUTHORITY", CERTIFICATE, 5, as(ofServers)],
  ["expired", "403", "TRUST_PEER_EXPIRED", FOR_NOW, 5, as(() => another("expired", { expired: true }))],
  ["not yet valid", "403", "TRUST_PEER_NOT_YET_VALID", FOR_NOW, 5, as(() => another("early", { early: true }))],
  ["revoked", "403", "TRUST_PEER_REVOKED", CERTIFICATE, 5, as(() => site.revoked)],
  ["to sign with", "403", "TRUST_PEER_WRONG_USAGE", CERTIFICATE, 5, as(() => site.pki.structures[1].sign)],
  ["without a usage", "403", "TRUST_PEER_WRONG_USAGE", CERTIFICATE, 5, as(() => another("bare", { kind: "BARE" }))],
  ["unlisted", "403", "SOURCE_PEER_UNLISTED", "peer-refused 8", 5, as(() => site.pki.structures[0].auth)],
];

function as(identity: () => NonNullable<Asking["identity"]> | Promise<NonNullable<Asking["identity"]>>) {
  return async () => ({ identity: await identity() });
}

const REFUSED = "images-sent 8";
const LATER = "images-sent 4";
const psc = () => site.sandbox.psc;
/** A service that the site does not know. */
const ELSEWHERE = { client: OTHER_CLIENT.id };
const seconds = (from: number) => Math.floor(Date.now() / 1000) + from;

const TOKENS: readonly Row[] = [
  ["none", "401", "IDENTITY_TOKEN_MISSING", REFUSED, 5, bearing(undefined)],
  ["in the address", "401", "IDENTITY_TOKEN_MISSING", REFUSED, 5, inTheAddress],
  ["of another scheme", "401", "IDENTITY_TOKEN_MISSING", REFUSED, 5, bearing("Basic YWJjOmRlZg==")],
  ["two headers", "401", "IDENTITY_TOKEN_MALFORMED", REFUSED, 5, () => twice(`Bearer ${site.token}`, "Bearer forged")],
  ["twice the same", "401", "IDENTITY_TOKEN_MALFORMED", REFUSED, 5, () => twice(`Bearer ${site.token}`)],
  ["too long", "401", "IDENTITY_TOKEN_MALFORMED", REFUSED, 5, bearing(`Bearer ${"a".repeat(9000)}`)],
  ["forged", "401", "IDENTITY_TOKEN_INACTIVE", REFUSED, 5, () => bearer(`${site.token.slice(0, -1)}_`)],
  ["expired", "401", "IDENTITY_TOKEN_INACTIVE", REFUSED, 5, token(async (one) => psc().expire(one))],
  ["revoked", "401", "IDENTITY_TOKEN_INACTIVE", REFUSED, 5, token(async (one) => psc().revoke(one))],
  ["ended", "401", "IDENTITY_TOKEN_EXPIRED", REFUSED, 5, token(() => claiming({ exp: seconds(-300) }))],
  ["of another issuer", "401", "IDENTITY_TOKEN_FOREIGN", REFUSED, 5, token(() => claiming({ iss: "https://a" }))],
  ["for another service", "401", "IDENTITY_TOKEN_FOREIGN", REFUSED, 5, issued("radiologist", ELSEWHERE)],
  ["to refresh with", "401", "IDENTITY_TOKEN_KIND", REFUSED, 5, issued("radiologist", { kind: "refresh" })],
  ["of another box", "401", "IDENTITY_TOKEN_BOUND", REFUSED, 5, () => issued("radiologist", boundToUs())()],
  ["without profession", "403", "IDENTITY_PROFESSION_UNKNOWN", REFUSED, 5, issued("secretary")],
  ["of a nurse", "403", "IDENTITY_PROFESSION_REFUSED", REFUSED, 5, issued("nurse")],
  ["while nobody is there", "503", "IDENTITY_PSC_UNAVAILABLE", LATER, 5, unjudged({ kind: "down" })],
  ["that gets no answer", "503", "IDENTITY_PSC_UNAVAILABLE", LATER, 10, unjudged({ kind: "silent" })],
  ["that gets a page for an answer", "503", "IDENTITY_PSC_ANSWER", LATER, 5, unjudged({ kind: "body", body: "<p>" })],
  ["that gets an endless answer", "503", "IDENTITY_PSC_ANSWER", LATER, 10, unjudged({ kind: "endless" })],
];

function bearing(authorization: string | undefined) {
  return () => ({ headers: { authorization } });
}

function bearer(one: string): Asking {
  return { headers: { authorization: `Bearer ${one}` } };
}

function twice(one: string, other = one): Asking {
  return { headers: { authorization: [one, other] } };
}

function inTheAddress(): Asking {
  const path = `/studies/${shared.study.studyInstanceUID}?access_token=${site.token}`;
  return { path, headers: { authorization: undefined } };
}

function issued(...how: Parameters<ImageSite["sandbox"]["psc"]["issue"]>) {
  return async () => bearer(await psc().issue(...how));
}

/** A good token, before something happens to it. */
function token(happens: (one: string) => unknown) {
  return async () => {
    const one = await psc().issue("radiologist");
    await happens(one);
    return bearer(one);
  };
}

/** One that is good, while Pro Santé Connect is not. */
function unjudged(fault: Fault) {
  return token(() => psc().suffer(fault));
}

function claiming(claims: object): void {
  psc().suffer({ kind: "altered", change: (truth) => ({ ...truth, ...claims }) }, "introspection");
}

/** To the certificate by which the box itself asks Pro Santé Connect: what another presents was stolen. */
function boundToUs() {
  return { boundTo: site.pki.structures[0].auth.certificate };
}

const QUESTIONS: readonly Row[] = [
  ["no manifest", "400", "SOURCE_MANIFEST_NOT_NAMED", REFUSED, 5, naming(undefined)],
  ["two manifests", "400", "SOURCE_MANIFEST_NOT_NAMED", REFUSED, 5, () => naming([shared.manifest, "2.25.1"])()],
  ["another manifest", "404", "SOURCE_MANIFEST_UNKNOWN", REFUSED, 5, naming("2.25.1")],
  ["another study", "404", "SOURCE_MANIFEST_UNKNOWN", REFUSED, 5, () => ({ path: "/studies/2.25.1" })],
  ["another series", "404", "SOURCE_NOT_IN_MANIFEST", REFUSED, 5, () => below("/series/2.25.1")],
  ["no form that there is", "406", "DICOMWEB_NOT_ACCEPTABLE", REFUSED, 5, accepting("application/pdf")],
  ["no form at all", "400", "DICOMWEB_ACCEPT_INVALID", REFUSED, 5, accepting("nonsense")],
];

function naming(manifest: string | readonly string[] | undefined) {
  return (): Asking => ({ headers: { "kos-sopinstanceuid": manifest } });
}

function accepting(accept: string) {
  return (): Asking => ({ headers: { accept } });
}

function below(path: string): Asking {
  return { path: `/studies/${shared.study.studyInstanceUID}${path}` };
}

describe.each([
  ["certificate", CERTIFICATES],
  ["token", TOKENS],
  ["question", QUESTIONS],
] as const)("a %s", (_, rows) => {
  it.each(rows)("%s: %s %s (%s, within %i s)", (...row) => isTurnedAway(row));
});

/** What a PACS does with an exam that is asked for the first time. */
type PacsRow = readonly [
  cause: string,
  end: string,
  code: string,
  trail: string,
  seconds: number,
  happens: Behaviour | ((one: Published) => unknown),
];

/** A PACS is waited for 2 seconds here: `timeoutSeconds`. */
const PACS: readonly PacsRow[] = [
  ["is off", "502", "PACS_UNREACHABLE", LATER, 5, leads("off")],
  ["takes the call, no more", "502", "PACS_UNREACHABLE", LATER, 10, leads("mute")],
  ["refuses with A702", "503", "PACS_BUSY", LATER, 15, { refuse: 0xa702 }],
  ["fails with C001", "502", "PACS_FAILED", LATER, 10, { refuse: 0xc001 }],
  ["stalls in the first image", "504", "PACS_TIMED_OUT", LATER, 10, { fault: { kind: "stall", after: 0 } }],
  ["stalls in the second image", "cut", "PACS_TIMED_OUT", LATER, 10, { fault: { kind: "stall", after: 1 } }],
  ["aborts in the first image", "502", "PACS_INTERRUPTED", LATER, 10, { fault: { kind: "abort", after: 0 } }],
  ["aborts in the second image", "unfinished", "PACS_INTERRUPTED", LATER, 10, { fault: { kind: "abort", after: 1 } }],
  ["sends images of another exam", "502", "PACS_SENT_OTHERS", REFUSED, 10, sends(() => elsewhere)],
  ["mixes up the patients", "409", "IMAGES_OTHER_PATIENT", REFUSED, 10, sendsWith(Tags.PatientID, "IPP-X")],
  ["mixes up the series", "502", "IMAGES_OTHER_OBJECT", REFUSED, 10, sendsWith(Tags.SeriesInstanceUID, "2.25.9")],
  ["sends one image of two", "unfinished", "IMAGES_INCOMPLETE", LATER, 10, sends((asked) => asked.slice(0, 1))],
  ["has purged them", "410", "IMAGES_GONE", REFUSED, 10, purges],
];

function leads(end: "off" | "mute") {
  return ({ archive }: Published) => archive.line.leadTo(end);
}

function purges({ archive, study }: Published): void {
  archive.pacs.remove(study.studyInstanceUID);
}

const elsewhere = syntheticStudy({ patientID: "IPP-X", series: [{ kind: "CT", images: 2 }] }).instances;

function sends(others: (asked: readonly SyntheticInstance[]) => readonly SyntheticInstance[]) {
  return ({ archive, study }: Published) => archive.pacs.behave({ others: others(study.instances) });
}

/** The instances asked for, under their own names, but for one attribute. */
function sendsWith(tag: Tag, value: string) {
  return sends((asked) =>
    asked.map((instance) => {
      const copy = readDataSet(encodeDataSet(instance.dataSet, LE), { transferSyntax: LE });
      return { ...instance, dataSet: copy.set(tag, vrOf(tag), value) };
    }),
  );
}

describe.each(["get", "move"])("a PACS that is asked by C-%s", (method) => {
  it.each(PACS)("%s: %s %s (%s, within %i s), and then all is well", async (_, end, code, trail, bound, happens) => {
    // Of a small image nothing leaves before it is whole: what is to be cut is large.
    const size = end === "cut" ? 1536 : 64;
    const one = await site.publish(method, { series: [{ kind: "CT", images: 2, size }] });
    const { pacs, line } = one.archive;
    await meets(end, code, trail, bound, async () => {
      if (typeof happens === "function") await happens(one);
      else pacs.behave(happens);
      try {
        return await site.ask(one);
      } finally {
        pacs.behave({});
        pacs.add(one.study);
        await line.leadTo(pacs);
      }
    });
    expect((await site.ask(one)).end).toBe("whole");
  });
});

describe.each(["get", "move"])("an exam that comes slowly (C-%s)", (method) => {
  const slowly = async (pause: number) => {
    const one = await site.publish(method, { series: [{ kind: "CT", images: 12 }] });
    one.archive.pacs.behave({ pause });
    return one;
  };

  it.each([
    ["after", 150],
    ["before", 1500],
  ])("whose reader leaves %s the first image: the PACS is told to stop", async (_, pause) => {
    const one = await slowly(pause);
    await meets("left", "IMAGES_READER_GONE", REFUSED, 10, async () => {
      const socket = await site.dial(anAddress());
      socket.write(site.lines(one));
      if (pause < 1000) await new Promise((resolve) => socket.once("data", resolve));
      else await until(() => (one.archive.pacs.associations > 0 ? true : undefined), "asked for");
      socket.destroy();
      return left;
    });
    one.archive.pacs.behave({});
    expect((await site.ask(one)).end).toBe("whole");
  });

  it("and is withdrawn meanwhile: cut, IMAGES_WITHDRAWN; then 410", async () => {
    const one = await slowly(200);
    const began = Promise.withResolvers<unknown>();
    await meets("cut", "IMAGES_WITHDRAWN", REFUSED, 20, async () => {
      const asked = site.ask(one, { seen: began.resolve });
      await began.promise;
      await site.reject(one);
      return asked;
    });
    await meets("410", "SOURCE_MANIFEST_WITHDRAWN", REFUSED, 5, () => site.ask(one));
    one.archive.pacs.behave({});
  });
});

const left: Answered = { end: "left", code: undefined, contentType: "", body: Buffer.alloc(0) };

it("an asker who has all his places: his next request waits for one, another's does not", async () => {
  const exams = await Promise.all(Array.from({ length: PLACES }, () => site.publish("get")));
  const { pacs } = shared.archive;
  pacs.behave({ pause: 1000 });
  const all = exams.map((one) => site.ask(one));
  await until(() => (pacs.associations > 0 ? true : undefined), "asked for");
  const ends: string[] = [];
  const next = site.ask(shared).then(({ end }) => ends.push(`next ${end}`));
  const other = site.ask(shared, { identity: site.third }).then(({ end }) => ends.push(`other ${end}`));
  await other;
  pacs.behave({});
  await next;
  expect(ends).toEqual(["other whole", "next whole"]);
  expect((await Promise.all(all)).map(({ end }) => end)).toEqual(exams.map(() => "whole"));
  await site.settles(quiet);
});

describe("all of it, again and again", () => {
  it(`keeps no place, and no memory (${REPETITIONS} times)`, async () => {
    const [broken, foreign, slow] = [await site.publish("get"), await site.publish("move"), await site.publish("get")];
    const { get, move } = site.archives as Record<"get" | "move", Published["archive"]>;
    const once = async () => {
      get.pacs.behave({ fault: { kind: "abort", after: 1 } });
      move.pacs.behave({ others: elsewhere });
      const ends = [
        await site.ask(shared, { identity: "nobody" }),
        await site.ask(shared, { headers: { authorization: "Bearer forged" } }),
        await site.ask(shared, { headers: { "kos-sopinstanceuid": "2.25.1" } }),
        await site.ask(broken),
        await site.ask(foreign),
        await site.ask(shared),
      ].map(({ end }) => end);
      expect(ends).toEqual(["403", "401", "404", "unfinished", "502", "whole"]);
      get.pacs.behave({ pause: 20 });
      const socket = await site.dial("127.0.0.1");
      socket.write(site.lines(slow));
      await new Promise((resolve) => socket.once("data", resolve));
      socket.destroy();
    };
    const times = async (count: number) => {
      for (let time = 0; time < count; time++) await once();
      await site.settles(quiet);
      return livingBytes();
    };
    const warm = await times(REPETITIONS / 2);
    expect((await times(REPETITIONS / 2)) - warm).toBeLessThan(2_000_000);
    get.pacs.behave({});
    move.pacs.behave({});
    const exams = await Promise.all(Array.from({ length: PLACES }, () => site.publish("get")));
    const ends = await Promise.all(exams.map(async (one) => (await site.ask(one)).end));
    expect(ends).toEqual(exams.map(() => "whole"));
  }, 300_000);
});
