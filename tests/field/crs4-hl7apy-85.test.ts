/** crs4/hl7apy#85, Efferent-Health/HL7-dotnetcore#99: `\.br\` comes back doubly escaped, or as markup. */
import { expect, it } from "vitest";
import { escapeText, parseMessage, type Separators } from "../../appliance/hl7/index.ts";

const separators: Separators = { field: 0x7c, component: 0x5e, repetition: 0x7e, escape: 0x5c, subcomponent: 0x26 };

it.each(["first\\.br\\second", "\\.br\\\\.br\\", "a \\T\\ b\\.br\\\\E\\.br\\E\\", "<br>"])(
  "%s comes back exactly",
  (note) => {
    const message = parseMessage(Buffer.from(`MSH|^~\\&|R|S|B|S|1||ORU^R01|7|P|2.5\rNTE|1||${note}`));
    const text = message.segment("NTE")!.text(3);
    expect(text).not.toContain("\\.br\\\\");
    expect(escapeText(text, separators)).toBe(note);
  },
);

it("it is a line feed in the text", () => {
  const message = parseMessage(Buffer.from("MSH|^~\\&|R|S|B|S|1||ORU^R01|7|P|2.5\rNTE|1||first\\.br\\second"));
  expect(message.segment("NTE")!.text(3)).toBe("first\nsecond");
});
