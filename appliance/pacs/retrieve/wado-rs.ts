import { Agent, type buildConnector, request as httpRequest } from "undici";
import { CodedError } from "../../base/index.ts";
import { encodeDataSet, ImplicitVRLittleEndian, readFileHeader, type Tag, Tags } from "../../dicom/index.ts";
import { readMultipart } from "../../dicomweb/index.ts";
import type { WadoAddress } from "../connection.ts";
import { fault } from "../errors.ts";
import { explain } from "../explain.ts";
import type { Intake } from "./intake.ts";
import type { Told } from "./model.ts";
import { type Job, type Source, turnOf, UNSAID } from "./way.ts";

const STEP = "WADO-RS";

/** In milliseconds: to connect, to the first byte, without progress; as for an association. */
const TIMEOUTS = { connect: 10_000, response: 60_000, network: 30_000 };

/** The first tag after SOPInstanceUID (0008,0018): by then a file has said what it is. */
const AFTER_INSTANCE: Tag = 0x00080019;

/** Bytes of a file before that: its meta information, a few hundred bytes and what private archives add. */
const HEADER_BYTES = 1024 * 1024;

/** WADO-RS of the PACS (PS3.18 10.4): the series in one answer, or instance by instance. */
export async function byWado(source: Source, job: Job): Promise<Told> {
  const { address, turns } = source;
  const { wado, name: pacs } = address;
  const { request, signal } = job;
  if (wado === undefined) throw fault("PACS_NO_RETRIEVE", { details: { pacs } });
  const series = `${wado.baseUrl.replace(/\/+$/, "")}/studies/${request.studyInstanceUID}/series/${request.seriesInstanceUID}`;
  const urls = request.sopInstanceUIDs?.map((uid) => `${series}/instances/${uid}`) ?? [series];
  const bring = async () => {
    const agent = agentFor(wado, source);
    try {
      for (const url of urls) await get(url, agent, source, job);
    } finally {
      await agent.destroy();
    }
  };
  try {
    await turns.take(signal, bring, turnOf(request));
  } catch (error) {
    throw explainHttp(error, pacs);
  }
  return UNSAID;
}

/** Of one retrieve: nothing of it stays open. */
function agentFor({ tls }: WadoAddress, { timeouts }: Source): Agent {
  const { connect, response, network } = { ...TIMEOUTS, ...timeouts };
  return new Agent({
    connect: { ...(tls as buildConnector.BuildOptions), timeout: connect },
    headersTimeout: response,
    bodyTimeout: network,
    connections: 1,
    allowH2: false,
  });
}

async function get(url: string, dispatcher: Agent, { address }: Source, { intake, signal }: Job): Promise<void> {
  const { statusCode, headers, body } = await httpRequest(url, {
    dispatcher,
    signal,
    headers: { accept: acceptOf(intake), ...authorization(address.wado) },
  });
  // Nothing there, by this server: whether the PACS has it, the PACS itself is asked.
  const absent = [204, 404, 410].includes(statusCode);
  if (absent) return void (await body.dump());
  if (statusCode !== 200 && statusCode !== 206) throw statusError(statusCode, address.name);
  const contentType = String(headers["content-type"] ?? "");
  for await (const part of readMultipart(contentType, body)) await take(part.body, intake, address.name);
}

/** One file: its meta information is left off, the data set handed on as it is. */
async function take(file: AsyncIterable<Uint8Array>, intake: Intake, pacs: string): Promise<void> {
  const { dataSet, transferSyntax, rest } = await readFileHeader(file, {
    untilTag: AFTER_INSTANCE,
    limits: { headerBytes: HEADER_BYTES },
  });
  async function* data() {
    yield encodeDataSet(dataSet, transferSyntax);
    try {
      yield* rest;
    } catch (error) {
      throw explainHttp(error, pacs);
    }
  }
  const sopClassUID = dataSet.string(Tags.SOPClassUID) ?? "";
  const sopInstanceUID = dataSet.string(Tags.SOPInstanceUID) ?? "";
  await intake.take({ sopClassUID, sopInstanceUID, transferSyntax: transferSyntax.uid }, data());
  if (intake.breakage !== undefined) throw intake.breakage;
  await rest.return(undefined);
}

/**
 * The offer with its weights (RFC 9110 12.4.2), the best last: Orthanc reads no weights and takes the last one. Implicit VR does
 * not exist here (PS3.18 8.7.3.5.2).
 */
function acceptOf({ offer, anySyntax }: Intake): string {
  const syntaxes = [...offer.filter((uid) => uid !== ImplicitVRLittleEndian.uid), ...(anySyntax ? ["*"] : [])];
  return syntaxes
    .map((uid, index) => {
      const q = (1 - index / (syntaxes.length + 1)).toFixed(3);
      return `multipart/related; type="application/dicom"; transfer-syntax=${uid}; q=${q}`;
    })
    .reverse()
    .join(", ");
}

function authorization(wado: WadoAddress | undefined): Readonly<Record<string, string>> {
  const credentials = wado?.credentials;
  if (credentials === undefined) return {};
  if ("token" in credentials) return { authorization: `Bearer ${credentials.token}` };
  const { username, password } = credentials;
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` };
}

function statusError(status: number, pacs: string): CodedError {
  const details = { pacs, step: STEP, status: `HTTP ${status}` };
  if (status === 401 || status === 403) return fault("PACS_WADO_REFUSED", { details: { ...details, status } });
  if (status === 406) return fault("PACS_SYNTAX_UNAVAILABLE", { details: { ...details, available: "?" } });
  return fault(status === 429 || status === 503 ? "PACS_BUSY" : "PACS_FAILED", { details });
}

const UNREACHABLE =
  /^(UND_ERR_CONNECT_TIMEOUT|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ERR_TLS_.*|.*CERT.*)$/;
const TIMED_OUT = /^UND_ERR_(HEADERS|BODY)_TIMEOUT$/;

function explainHttp(error: unknown, pacs: string): CodedError {
  const reason = error instanceof Error && "code" in error ? String(error.code) : "";
  const options = { details: { pacs, step: STEP, reason }, cause: error };
  if (error instanceof CodedError) return explain(error, pacs, STEP);
  if (UNREACHABLE.test(reason)) return fault("PACS_UNREACHABLE", options);
  return fault(TIMED_OUT.test(reason) ? "PACS_TIMED_OUT" : "PACS_INTERRUPTED", options);
}
