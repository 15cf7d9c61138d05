import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { configurationPage, errorsPage, errorTables } from "../../scripts/docs.ts";

const page = (name: string) => readFileSync(fileURLToPath(new URL(`../../docs/${name}`, import.meta.url)), "utf8");

describe("the reference pages", () => {
  it("lists every error as the code has it (npm run docs)", async () => {
    expect(page("errors.md")).toBe(await errorsPage());
  });

  it("describes the configuration as the schema has it (npm run docs)", () => {
    expect(page("configuration.md")).toBe(configurationPage());
  });
});

describe("the error catalogue", async () => {
  const all = (await errorTables()).flatMap(({ folder, definitions }) =>
    Object.entries(definitions).map(([code, definition]) => ({ folder, code, definition })),
  );

  it("has one meaning a code", () => {
    expect(all.length).toBeGreaterThan(50);
    expect(new Set(all.map(({ code }) => code)).size).toBe(all.length);
  });

  it("says in both languages what happened and what to do", () => {
    for (const { code, definition } of all) {
      for (const sentence of [definition.message, definition.remedy]) {
        expect(sentence.fr.length, code).toBeGreaterThan(8);
        expect(sentence.en.length, code).toBeGreaterThan(8);
        // A sentence is made of the same facts in both languages.
        const holes = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
        expect(holes(sentence.fr), code).toEqual(holes(sentence.en));
      }
    }
  });

  it("names each code after its room", () => {
    const stray = all.filter(({ folder, code }) => {
      const room = folder.split("/").at(-1) as string;
      return !code.toLowerCase().startsWith(`${room}_`);
    });
    expect(stray.map(({ code }) => code)).toEqual([]);
  });
});
