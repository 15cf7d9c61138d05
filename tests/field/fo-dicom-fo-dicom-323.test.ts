import { expect, it } from "vitest";
import { decodeCommand } from "../../appliance/dimse/command.ts";
import { command } from "../support/parrot.ts";

// (0000,1002) is optional in N-EVENT-REPORT-RSP (PS3.7 10.3.1.2): a response without it made the reader throw.
it("fo-dicom/fo-dicom#323: a response without Event Type ID is read", () => {
  const bytes = command([0x0100, 0x8100], [0x0120, 5], [0x0800, 0x0101], [0x0900, 0]);
  expect(decodeCommand(bytes)).toEqual({
    commandField: 0x8100,
    messageIDBeingRespondedTo: 5,
    commandDataSetType: 0x0101,
    status: 0,
  });
});
