import { expect, it } from "vitest";
import { decodeCommand, encodeCommand } from "../../appliance/dimse/command.ts";

it("a command set is read where its peer put an element of a data set into it, as Orthanc does at the end of a C-GET", () => {
  const command = {
    commandField: 0x8010,
    messageIDBeingRespondedTo: 1,
    status: 0xc000,
    numberOfFailedSuboperations: 1,
  };
  const uid = "2.25.1";
  const list = Buffer.concat([Buffer.from([8, 0, 0x58, 0, uid.length, 0, 0, 0]), Buffer.from(uid)]);
  expect(decodeCommand(Buffer.concat([encodeCommand(command), list]))).toEqual(command);
  // (0008,0900) is no status.
  const alike = Buffer.from([8, 0, 0, 9, 2, 0, 0, 0, 0, 0]);
  expect(decodeCommand(Buffer.concat([encodeCommand(command), alike]))).toEqual(command);
});
