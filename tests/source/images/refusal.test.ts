/** What each cause is in HTTP, for who asks for images. */
import type { ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import type { CodedError } from "../../../appliance/base/index.ts";
import { dicomErrors } from "../../../appliance/dicom/index.ts";
import { imagesErrors } from "../../../appliance/images/index.ts";
import { pacsErrors } from "../../../appliance/pacs/index.ts";
import { pixelsErrors } from "../../../appliance/pixels/index.ts";
import { sourceErrors } from "../../../appliance/source/errors.ts";
import { refuse } from "../../../appliance/source/images/refusal.ts";

interface Told {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

function told(error: CodedError): Told {
  let answer: Told | undefined;
  const response = {
    req: { method: "GET" },
    setTimeout: () => undefined,
    writeHead: (status: number, headers: Told["headers"]) => {
      answer = { status, headers };
    },
    end: () => undefined,
  };
  refuse(response as unknown as ServerResponse, error);
  if (answer === undefined) throw new Error("nothing was said");
  return answer;
}

const all = <Code extends string>(room: {
  readonly definitions: Readonly<Record<Code, unknown>>;
  fault(code: Code): CodedError;
}) => (Object.keys(room.definitions) as Code[]).map((code) => ({ code, status: told(room.fault(code)).status }));

describe("what is wrong with what the PACS sent", () => {
  it("is a fault of the server behind this one, whatever of the object cannot be read", () => {
    for (const { code, status } of all(dicomErrors)) expect([code, status]).toEqual([code, 502]);
  });

  it("is never called an error of the box: nor is what cannot be had, or not in that form", () => {
    const own = [...all(imagesErrors), ...all(pixelsErrors), ...all(pacsErrors)].filter(({ status }) => status === 500);
    expect(own.map(({ code }) => code)).toEqual(["IMAGES_READER_GONE", "PIXELS_WORKER_DIED", "PIXELS_TOO_SLOW"]);
  });
});

it("who is told of another method is told which there are", () => {
  const error = sourceErrors.fault("SOURCE_METHOD_NOT_ALLOWED", { details: { allow: "GET, HEAD" } });
  expect(told(error)).toMatchObject({ status: 405, headers: { allow: "GET, HEAD" } });
});
