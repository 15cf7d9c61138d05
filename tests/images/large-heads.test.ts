/** Heads so large that only one is held at a time: nobody runs out of memory, and nobody keeps the others waiting. */
import { expect, it } from "vitest";
import { dicomErrors } from "../../appliance/dicom/index.ts";
import { ifSmall, LargeHeads } from "../../appliance/images/large-heads.ts";

const { signal } = new AbortController();
const turnOfTheLoop = () => new Promise((resolve) => setImmediate(resolve));

it("have their turns in the order in which they were asked for; who leaves before has none", async () => {
  const heads = new LargeHeads();
  const leaving = new AbortController();
  const begun: string[] = [];
  const first = await heads.take(signal);
  const left = heads.take(leaving.signal);
  const take = async (name: string) => {
    const turn = await heads.take(signal);
    begun.push(name);
    return turn;
  };
  const second = take("second");
  const third = take("third");
  leaving.abort(new Error("gone"));
  await expect(left).rejects.toThrow("gone");
  await turnOfTheLoop();
  expect(begun).toEqual([]);
  first[Symbol.dispose]();
  const turn = await second;
  await turnOfTheLoop();
  expect(begun).toEqual(["second"]);
  turn[Symbol.dispose]();
  (await third)[Symbol.dispose]();
  (await heads.take(signal))[Symbol.dispose]();
  await expect(heads.take(AbortSignal.abort(new Error("gone before")))).rejects.toThrow("gone before");
});

it("are taken from who is slow as soon as others wait", async () => {
  const heads = new LargeHeads(0);
  using turn = await heads.take(signal);
  expect(() => turn.check(0)).not.toThrow();
  const leaving = new AbortController();
  const other = heads.take(leaving.signal);
  expect(() => turn.check(1e12)).not.toThrow();
  expect(() => turn.check(0)).toThrow(expect.objectContaining({ code: "IMAGES_READER_SLOW" }));
  leaving.abort(new Error("gone"));
  await expect(other).rejects.toThrow("gone");
  expect(() => turn.check(0)).not.toThrow();
  using patient = await new LargeHeads().take(signal);
  expect(() => patient.check(0)).not.toThrow();
});

it.each(["DICOM_HEADER_TOO_LARGE", "DICOM_TOO_MANY_ELEMENTS"] as const)(
  "are told from small ones: %s",
  async (code) => {
    expect(await ifSmall(() => Promise.reject(dicomErrors.fault(code, { details: { limit: 1 } })))).toBeUndefined();
    expect(await ifSmall(async () => "head")).toBe("head");
    await expect(ifSmall(() => Promise.reject(dicomErrors.fault("DICOM_VR_INVALID")))).rejects.toMatchObject({
      code: "DICOM_VR_INVALID",
    });
  },
);
