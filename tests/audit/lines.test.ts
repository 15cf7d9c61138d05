import { describe, expect, it } from "vitest";
import { auditLines, verdictLines } from "../../scripts/lib/audit-lines.ts";

describe("what an auditor reads on the terminal", () => {
  it("tells a record with everybody in it", () => {
    const record = {
      ...{ seq: 12, at: "2026-11-25T08:00:00Z", label: "manifeste publié", outcome: 8, code: "DMP_REGISTRY_ERROR" },
      patients: [{ id: "279035121518989" }],
      users: [{ id: "899700218896", name: "MARTIN Claire" }, { id: "x" }],
      studies: ["2.25.1", "2.25.2"],
    };
    const [line, ...more] = auditLines([record]);
    expect(line).toMatch(/^ {6}12 {2}.*✗ manifeste publié \[DMP_REGISTRY_ERROR\]$/);
    expect(more.map((text) => text.trim())).toEqual([
      "patient   279035121518989",
      "qui       MARTIN Claire (899700218896), x",
      "étude     2.25.1, 2.25.2",
    ]);
    expect(auditLines([])).toEqual(["Aucune trace."]);
  });

  it("says where a chain breaks, or what proves that it was whole", () => {
    expect(verdictLines({ records: 4, broken: { seq: 5, reason: "missing" } })[0]).toContain("enregistrement 5 absent");
    expect(verdictLines({ records: 4, head: { seq: 4, hash: "ab" } }).join("\n")).toContain("dernier : 4  ab");
  });
});
