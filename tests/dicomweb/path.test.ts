/** Addresses: what they name, and what they must not be taken for. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parsePath } from "../../appliance/dicomweb/index.ts";

const study = { studyInstanceUID: "1.2" };
const series = { ...study, seriesInstanceUID: "1.3" };
const instance = { ...series, sopInstanceUID: "1.4" };
const OF_SERIES = "/studies/1.2/series/1.3";
const OF_INSTANCE = `${OF_SERIES}/instances/1.4`;

describe("an address", () => {
  it.each([
    ["/studies/1.2", { ...study, what: "objects" }],
    ["/studies/1.2/", { ...study, what: "objects" }],
    ["/studies/1.2/metadata", { ...study, what: "metadata" }],
    ["/studies/1.2/rendered", { ...study, what: "rendered" }],
    [OF_SERIES, { ...series, what: "objects" }],
    [`${OF_SERIES}/metadata`, { ...series, what: "metadata" }],
    [`${OF_SERIES}/thumbnail`, { ...series, what: "thumbnail" }],
    [OF_INSTANCE, { ...instance, what: "objects" }],
    [`${OF_INSTANCE}/metadata`, { ...instance, what: "metadata" }],
    [`${OF_INSTANCE}/rendered`, { ...instance, what: "rendered" }],
    [`${OF_INSTANCE}/frames/1`, { ...instance, what: "frames", frames: [1] }],
    [`${OF_INSTANCE}/frames/3,1,2`, { ...instance, what: "frames", frames: [3, 1, 2] }],
    [`${OF_INSTANCE}/frames/1%2C2`, { ...instance, what: "frames", frames: [1, 2] }],
    [`${OF_INSTANCE}/frames/2/rendered`, { ...instance, what: "rendered", frames: [2] }],
    [`${OF_INSTANCE}/frames/2/thumbnail`, { ...instance, what: "thumbnail", frames: [2] }],
    [`${OF_INSTANCE}/bulkdata/7FE00010`, { ...instance, what: "bulkdata", bulk: ["7FE00010"] }],
    [
      `${OF_INSTANCE}/bulkdata/54000100/0/54001010`,
      { ...instance, what: "bulkdata", bulk: ["54000100", "0", "54001010"] },
    ],
  ])("%s", (path, resource) => expect(parsePath(path)).toEqual(resource));

  it.each([
    "",
    "/",
    "/studies",
    "/studies/",
    "/studies/1.2/instances/1.4",
    "/studies/1.2/series",
    `${OF_SERIES}/instances`,
    `${OF_INSTANCE}/frames`,
    `${OF_INSTANCE}/frames/1/metadata`,
    `${OF_INSTANCE}/frames/1/rendered/more`,
    `${OF_INSTANCE}/metadata/more`,
    "//studies/1.2",
    "studies/1.2",
    "/studies/1.2//",
    `${OF_SERIES}//`,
    `${OF_INSTANCE}/bulkdata`,
    "/Studies/1.2",
    "/dicom-web/studies/1.2",
    `/studies/1.2/${"series/1.3/".repeat(200)}`,
  ])("%s is none", (path) => expect(parsePath(path)).toBeUndefined());

  it.each([
    "/studies//series/1.3",
    "/studies/1.2/series/*",
    "/studies/1.2%2F..",
    "/studies/1.2%2Fseries%2F1.3",
    "/studies/%31.2",
    "/studies/1.2%00",
    "/studies/1.2;v=1",
    "/studies/1.2?x",
    "/studies/1.2 ",
    "/studies/1.2,1.3",
    "/studies/..",
    "/studies/1.2\\1.3",
    "/studies/1..2",
    "/studies/a",
    `/studies/${"1".repeat(65)}`,
    `${OF_INSTANCE}/frames/0`,
    `${OF_INSTANCE}/frames/-1`,
    `${OF_INSTANCE}/frames/1,,2`,
    `${OF_INSTANCE}/frames/1.5`,
    `${OF_INSTANCE}/frames/${Array.from({ length: 101 }, () => 1).join()}`,
    `${OF_INSTANCE}/bulkdata/7fe00010`,
    `${OF_INSTANCE}/bulkdata/../1`,
  ])("%s has something in it that cannot be", (path) => {
    expect(() => parsePath(path)).toThrow(expect.objectContaining({ code: "DICOMWEB_PATH_INVALID" }));
  });

  it("ends on anything", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 80 }), (text) => {
        try {
          parsePath(`/studies/${text}`);
        } catch (error) {
          expect(error).toMatchObject({ code: "DICOMWEB_PATH_INVALID" });
        }
      }),
    );
  });
});
