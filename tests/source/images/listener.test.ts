/** Who asks for images, in which order he is asked who he is, and what he is told. */
import { mkdtempSync, rmSync } from "node:fs";
import { request as ask, createServer, type OutgoingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type CodedError, silent } from "../../../appliance/base/index.ts";
import { type ImageCache, openCache } from "../../../appliance/cache/index.ts";
import { identityErrors, type Professional } from "../../../appliance/identity/index.ts";
import { createImages, type InstanceFacts } from "../../../appliance/images/index.ts";
import { type PacsGroup, pacsErrors } from "../../../appliance/pacs/index.ts";
import { readJpegHeader } from "../../../appliance/pixels/jpeg-header.ts";
import { sourceErrors } from "../../../appliance/source/errors.ts";
import { Admission } from "../../../appliance/source/images/admission.ts";
import type { Peer } from "../../../appliance/source/images/gate.ts";
import { createImageListener } from "../../../appliance/source/images/listener.ts";
import type { Manifests, ServedManifest } from "../../../appliance/source/images/manifests.ts";
import type { Traces } from "../../../appliance/store/index.ts";
import { arrived, type Exam, exam, expected, supplierOf } from "../../images/support.ts";
import { readParts } from "../../support/multipart.ts";

const KOS = "1.2.3.4";
const ACCEPT = 'multipart/related; type="application/dicom"';
const RADIOLOGIST: Professional = {
  subjectNameID: "899700218896",
  exercises: [{ profession: "10", activities: [] }],
  client: "ris",
  expiresAt: new Date(Date.now() + 60_000),
};

/** The world around the listener: what each of its parts says. */
const world = {
  peer: { address: "127.0.0.1", name: "CN=db2.example" } as Peer,
  listed: true,
  professional: (async () => RADIOLOGIST) as () => Promise<Professional>,
  manifest: undefined as CodedError | undefined,
  pacs: undefined as CodedError | undefined,
};
let one: Exam;
let traces: Traces[];
let steps: string[];
let folder: string;
let cache: ImageCache<InstanceFacts>;
let server: ReturnType<typeof createServer>;

beforeEach(async () => {
  Object.assign(world, { listed: true, professional: async () => RADIOLOGIST, manifest: undefined, pacs: undefined });
  world.peer = { address: "127.0.0.1", name: "CN=db2.example" };
  one = exam(1);
  traces = [];
  steps = [];
  folder = mkdtempSync(join(tmpdir(), "listener-"));
  cache = await openCache<InstanceFacts>({ folder, maximumBytes: 1e9, maximumAgeMs: 1e9 });
  const { studyInstanceUID } = one.study;
  const manifest: ServedManifest = {
    examId: 7,
    structure: "1750099999",
    studyInstanceUID,
    sopInstanceUID: KOS,
    pacs: "PACS 1",
    ins: one.patient.identifier,
    localIDs: one.patient.patientIDs,
    modalities: ["CT"],
    series: one.series,
  };
  const manifests: Pick<Manifests, "inForce"> = {
    async inForce(study, sopInstanceUID) {
      steps.push("manifest");
      if (world.manifest !== undefined) throw world.manifest;
      if (study !== studyInstanceUID || sopInstanceUID !== KOS) throw sourceErrors.fault("SOURCE_MANIFEST_UNKNOWN");
      return manifest;
    },
  };
  const retrieve: PacsGroup["retrieve"] = async (request) => {
    steps.push("pacs");
    if (world.pacs !== undefined) throw world.pacs;
    const { expected: instances, signal = new AbortController().signal } = request;
    await supplierOf(one)({ ...request, instances, urgency: "now", signal });
    return { method: "c-get", received: 0, counts: {} as never, failedSOPInstanceUIDs: [] };
  };
  server = createServer(
    createImageListener({
      gate: {
        peerOf: () => world.peer,
        isListed: () => {
          steps.push("white list");
          return world.listed;
        },
        tokens: {
          check: async (token) => {
            if (token === "") throw identityErrors.fault("IDENTITY_TOKEN_MISSING");
            steps.push(`token ${token}`);
            return world.professional();
          },
        },
      },
      admission: new Admission({
        concurrent: 8,
        concurrentPerPeer: 8,
        waitingPerPeer: 10,
        longestWaitMs: 1000,
        perMinute: 20,
      }),
      manifests,
      images: createImages({ cache, base: "https://db1.example/drim", log: silent }),
      pacs: { retrieve },
      store: {
        async keepTraces(kept) {
          traces.push(kept);
        },
      },
      base: "https://db1.example/drim",
      lenient: false,
      now: () => new Date(),
      log: silent,
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await cache.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

const whole = (): OutgoingHttpHeaders => ({ accept: ACCEPT, authorization: "Bearer abc", "kos-sopinstanceuid": KOS });

function get(path: string, headers: OutgoingHttpHeaders = whole(), method = "GET"): Promise<Answer> {
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const outgoing = ask({ host: "127.0.0.1", port, path, method, headers, agent: false }, (response) => {
      const pieces: Buffer[] = [];
      response.on("data", (piece: Buffer) => pieces.push(piece));
      response.on("error", reject);
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers as never, body: Buffer.concat(pieces) });
      });
    });
    outgoing.on("error", reject).end();
  });
}

const seriesPath = () => {
  const [series] = one.series;
  return `/drim/studies/${series?.studyInstanceUID}/series/${series?.seriesInstanceUID}`;
};
const codeOf = ({ body }: Answer) => (JSON.parse(body.toString()) as { code: string }).code;

describe("a picture", () => {
  const jpeg = () => ({ ...whole(), accept: "image/jpeg" });

  it.each(["rendered", "thumbnail"])("is drawn as the address asks (%s)", async (what) => {
    const { status, headers, body } = await get(`${seriesPath()}/${what}?viewport=64,48`, jpeg());
    expect([status, headers["content-type"]]).toEqual([200, "image/jpeg"]);
    const { rows, columns } = readJpegHeader(body, "JPEG");
    expect([rows, columns]).toEqual([48, 48]);
  });

  it("is not drawn as nobody can", async () => {
    const answer = await get(`${seriesPath()}/rendered?viewport=64`, jpeg());
    expect([answer.status, codeOf(answer)]).toEqual([400, "PIXELS_QUERY_INVALID"]);
  });
});

describe("a request in order", () => {
  it("is asked who it is, step by step, then served; and leaves who, what and how much", async () => {
    const answer = await get(seriesPath());
    expect(answer.status).toBe(200);
    expect(steps).toEqual(["white list", "token abc", "manifest", "pacs"]);
    const { parts } = readParts(answer.headers["content-type"] as string, answer.body);
    expect(parts.map(({ body }) => arrived(body))).toEqual(expected(one));
    const [
      {
        audit: [record],
        statistics: [line],
      } = { audit: [], statistics: [] },
    ] = traces as Required<Traces>[];
    expect(record).toMatchObject({
      event: "images-sent",
      outcome: 0,
      users: [{ id: RADIOLOGIST.subjectNameID }],
      patients: [{ id: one.patient.identifier.id }],
      documents: [KOS],
      peer: { id: "CN=db2.example" },
      facts: { instances: 3, bytes: answer.body.length },
    });
    expect(line).toMatchObject({
      kind: "images-served",
      status: "succes",
      facts: { series: 1, instances: 3, modalities: ["CT"] },
    });
  });

  it.each(["", "/instances/"])("of a study, or of one instance%s", async (suffix) => {
    const path =
      suffix === ""
        ? `/drim/studies/${one.study.studyInstanceUID}`
        : `${seriesPath()}${suffix}${one.study.instances[1]?.sopInstanceUID}`;
    const answer = await get(path);
    const { parts } = readParts(answer.headers["content-type"] as string, answer.body);
    expect(parts.map(({ body }) => arrived(body).name)).toEqual(
      (suffix === "" ? one.study.instances : one.study.instances.slice(1, 2)).map(
        ({ sopInstanceUID }) => sopInstanceUID,
      ),
    );
  });
});

describe("who is turned away", () => {
  const refusal = sourceErrors.fault("SOURCE_INTERNAL");
  it.each<[string, number, string, readonly string[], () => void, OutgoingHttpHeaders?]>([
    [
      "without a certificate that holds",
      503,
      refusal.code,
      [],
      () => {
        world.peer = { ...world.peer, fault: refusal };
      },
    ],
    [
      "who is not on the white list",
      403,
      "SOURCE_PEER_UNLISTED",
      ["white list"],
      () => {
        world.listed = false;
      },
    ],
    ["without a token", 401, "IDENTITY_TOKEN_MISSING", ["white list"], () => {}, { authorization: undefined }],
    [
      "with another kind of credentials",
      401,
      "IDENTITY_TOKEN_MISSING",
      ["white list"],
      () => {},
      { authorization: "Basic YWJj" },
    ],
    [
      "whose token opens nothing",
      401,
      "IDENTITY_TOKEN_INACTIVE",
      ["white list", "token abc"],
      () => {
        world.professional = () => Promise.reject(identityErrors.fault("IDENTITY_TOKEN_INACTIVE"));
      },
    ],
    [
      "whose profession sees no images",
      403,
      "IDENTITY_PROFESSION_REFUSED",
      ["white list", "token abc"],
      () => {
        world.professional = () => Promise.reject(identityErrors.fault("IDENTITY_PROFESSION_REFUSED"));
      },
    ],
    [
      "whose token nobody can check now",
      503,
      "IDENTITY_PSC_UNAVAILABLE",
      ["white list", "token abc"],
      () => {
        world.professional = () => Promise.reject(identityErrors.fault("IDENTITY_PSC_UNAVAILABLE"));
      },
    ],
    [
      "who names no manifest",
      400,
      "SOURCE_MANIFEST_NOT_NAMED",
      ["white list", "token abc"],
      () => {},
      { "kos-sopinstanceuid": undefined },
    ],
    [
      "who names another manifest",
      404,
      "SOURCE_MANIFEST_UNKNOWN",
      ["white list", "token abc", "manifest"],
      () => {},
      { "kos-sopinstanceuid": "1.2.9" },
    ],
    [
      "who names one that is withdrawn",
      410,
      "SOURCE_MANIFEST_WITHDRAWN",
      ["white list", "token abc", "manifest"],
      () => {
        world.manifest = sourceErrors.fault("SOURCE_MANIFEST_WITHDRAWN");
      },
    ],
    [
      "who accepts nothing of it",
      406,
      "DICOMWEB_NOT_ACCEPTABLE",
      ["white list", "token abc", "manifest"],
      () => {},
      { accept: "image/jpeg" },
    ],
    [
      "whose Accept cannot be read",
      400,
      "DICOMWEB_ACCEPT_INVALID",
      ["white list", "token abc", "manifest"],
      () => {},
      { accept: "nonsense" },
    ],
    [
      "without Accept",
      406,
      "DICOMWEB_NOT_ACCEPTABLE",
      ["white list", "token abc", "manifest"],
      () => {},
      { accept: undefined },
    ],
  ])("%s: %i", async (_, status, code, asked, arrange, change = {}) => {
    arrange();
    const headers = Object.fromEntries(
      Object.entries({ ...whole(), ...change }).filter(([, value]) => value !== undefined),
    );
    const answer = await get(seriesPath(), headers as OutgoingHttpHeaders);
    expect([answer.status, codeOf(answer)]).toEqual([status, code]);
    expect(steps).toEqual(asked);
    if (status === 401) expect(answer.headers["www-authenticate"]).toMatch(/^Bearer/);
    const record = traces.flatMap(({ audit = [] }) => audit).at(-1);
    expect(record).toMatchObject({ code, peer: { address: "127.0.0.1" } });
  });

  it("who knocks a hundred times leaves one alert", async () => {
    world.listed = false;
    for (let time = 0; time < 5; time++) expect((await get(seriesPath())).status).toBe(403);
    expect(traces).toHaveLength(1);
    expect(traces[0]?.audit?.[0]?.event).toBe("peer-refused");
  });

  it("who asks too often is told how long to wait", async () => {
    for (let time = 0; time < 20; time++) await get("/drim/studies", {});
    const answer = await get("/drim/studies", {});
    expect([answer.status, codeOf(answer)]).toEqual([429, "SOURCE_TOO_MANY_REQUESTS"]);
    expect(Number(answer.headers["retry-after"])).toBeGreaterThan(0);
  });

  it("what the manifest does not hold is not asked of the PACS", async () => {
    const { studyInstanceUID } = one.study;
    for (const path of [`/drim/studies/${studyInstanceUID}/series/1.9`, `${seriesPath()}/instances/1.9`]) {
      const answer = await get(path);
      expect([answer.status, codeOf(answer)]).toEqual([404, "SOURCE_NOT_IN_MANIFEST"]);
    }
    expect(steps).not.toContain("pacs");
  });

  it.each([
    ["GET", "/drim/nothing", 404],
    ["GET", "/other/studies/1.2", 404],
    ["GET", "/drim/studies/1.2/series/x", 400],
    ["POST", "/drim/nothing", 404],
  ])("%s %s: %i", async (method, path, status) => expect((await get(path, whole(), method)).status).toBe(status));

  it.each(["HEAD", "POST", "PUT", "DELETE", "OPTIONS"])(
    "by %s nothing is brought, and GET is named",
    async (method) => {
      for (const suffix of ["", "/metadata", "/rendered"]) {
        const { status, headers } = await get(`${seriesPath()}${suffix}`, whole(), method);
        expect([status, headers.allow]).toEqual([405, "GET"]);
      }
      expect(steps).toEqual(["white list", "white list", "white list"]);
    },
  );

  it("by POST what the box can do is not told either", async () => {
    const { status, headers } = await get("/drim/studies", whole(), "POST");
    expect([status, headers.allow]).toEqual([405, "GET, HEAD, OPTIONS"]);
  });
});

describe("what the PACS does", () => {
  it.each([
    ["PACS_UNREACHABLE", 502],
    ["PACS_TIMED_OUT", 504],
    ["PACS_BUSY", 503],
    ["PACS_SYNTAX_UNAVAILABLE", 406],
    ["PACS_GONE", 410],
  ] as const)("%s is %i", async (code, status) => {
    world.pacs = pacsErrors.fault(code);
    const answer = await get(seriesPath());
    expect(answer.status).toBe(status);
    const lines = traces.flatMap(({ statistics = [] }) => statistics);
    expect(lines).toEqual([expect.objectContaining({ kind: "images-served", status: "erreur" })]);
  });
});

describe("whether the box is alive", () => {
  it("is told to a peer without a token, in JSON and as WADL", async () => {
    const json = await get("/drim/studies", { accept: "application/json" });
    expect(JSON.parse(json.body.toString())).toMatchObject({ base: "https://db1.example/drim" });
    const xml = await get("/drim/studies", {}, "OPTIONS");
    expect(xml.headers["content-type"]).toBe("application/vnd.sun.wadl+xml");
    expect(xml.body.toString()).toContain('<param name="KOS-SOPInstanceUID" style="header" required="true"/>');
    expect((await get("/drim", {}, "HEAD")).status).toBe(200);
    expect(traces).toEqual([]);
  });

  it("is not told to others", async () => {
    world.listed = false;
    expect((await get("/drim/studies", {}, "OPTIONS")).status).toBe(403);
  });
});
