import { describe, expect, it } from "vitest";
import { DataSet, ExplicitVRLittleEndian, encodeDataSet, readDataSet, Tags } from "../../appliance/dicom/index.ts";

/** The best of five: the machine of a test run is shared. */
function milliseconds(work: () => unknown): number {
  return Math.min(
    ...Array.from({ length: 5 }, () => {
      const start = performance.now();
      work();
      return performance.now() - start;
    }),
  );
}

/** The shape of a manifest: every instance once in the evidence and once in the content. */
function manifest(instances: number): DataSet {
  const reference = (index: number) =>
    new DataSet()
      .set(Tags.ReferencedSOPClassUID, "UI", "1.2.840.10008.5.1.4.1.1.2")
      .set(Tags.ReferencedSOPInstanceUID, "UI", `1.3.6.1.4.1.14519.5.2.1.7009.2403.33440050${index}`)
      .set(Tags.InstanceNumber, "IS", index);
  const content = (index: number) =>
    new DataSet()
      .set(Tags.ReferencedSOPSequence, "SQ", [reference(index)])
      .set(Tags.RelationshipType, "CS", "CONTAINS")
      .set(Tags.ValueType, "CS", "IMAGE");
  const all = [...Array(instances).keys()];
  return new DataSet()
    .set(Tags.SpecificCharacterSet, "CS", "ISO_IR 192")
    .set(Tags.CurrentRequestedProcedureEvidenceSequence, "SQ", all.map(reference))
    .set(Tags.ContentSequence, "SQ", all.map(content));
}

describe("a manifest of 10,000 references does not block the event loop", () => {
  it("is made and encoded in 100 ms", () => {
    const spent = milliseconds(() => encodeDataSet(manifest(10_000), ExplicitVRLittleEndian));
    expect(spent).toBeLessThan(100);
  });

  it("of 500 kB is parsed in 20 ms", () => {
    const bytes = encodeDataSet(manifest(2_000), ExplicitVRLittleEndian);
    expect(bytes.length).toBeGreaterThan(500_000);
    expect(milliseconds(() => readDataSet(bytes, { transferSyntax: ExplicitVRLittleEndian }))).toBeLessThan(20);
  });

  it("grows with its size and no faster", () => {
    const time = (count: number) => milliseconds(() => encodeDataSet(manifest(count), ExplicitVRLittleEndian));
    time(1000);
    expect(time(20_000)).toBeLessThan(Math.max(20 * 4 * time(1000), 200));
  });
});
