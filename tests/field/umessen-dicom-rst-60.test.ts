/** UMEssen/DICOM-RST#60: the Accept header is not looked at, and images are sent to who asked for something else. */
import { expect, it } from "vitest";
import { negotiate } from "../../appliance/dicomweb/index.ts";

const refused = expect.objectContaining({ code: "DICOMWEB_NOT_ACCEPTABLE" });

it("what cannot be sent as it is wanted is not sent", () => {
  expect(() => negotiate({ what: "objects" }, ["image/jpeg"], { lenient: true })).toThrow(refused);
});

it("without the header it is as the site says: refused (PS3.18 8.7.5), or the default", () => {
  expect(() => negotiate({ what: "objects" }, [], { lenient: false })).toThrow(refused);
  expect(negotiate({ what: "objects" }, [], { lenient: true })).toMatchObject({ form: "multipart" });
});
