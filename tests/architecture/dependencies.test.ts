import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

/**
 * The house rules of docs/architecture.md, read off the imports. A room may use the rooms on its line, through their
 * `index.ts`; a room that is not here does not exist.
 */
const mayUse: Readonly<Record<string, readonly string[]>> = {
  // Below everything.
  base: [],
  // Ground floor: languages. They know a standard, nothing of the box.
  dicom: ["base"],
  dimse: ["base", "dicom"],
  dicomweb: ["base", "dicom"],
  kos: ["base", "dicom"],
  pixels: ["base", "dicom"],
  hl7: ["base"],
  cda: ["base"],
  xds: ["base"],
  zip: ["base"],
  xdm: ["base", "xds", "zip"],
  // First floor: services. They know the outside world.
  cache: ["base"],
  store: ["base"],
  trust: ["base", "xds"],
  identity: ["base", "trust"],
  pacs: ["base", "dicom", "dicomweb", "dimse", "kos"],
  dmp: ["base", "xds", "cda", "hl7", "kos", "trust"],
  audit: ["base", "store"],
  statistics: ["base", "store", "zip"],
  images: ["base", "dicom", "dicomweb", "pixels", "cache"],
  // Top floor: the functions and the house itself.
  source: [
    "base",
    "cache",
    "trust",
    "dicom",
    "dicomweb",
    "identity",
    "images",
    "kos",
    "hl7",
    "cda",
    "xdm",
    "store",
    "pacs",
    "pixels",
    "dmp",
    "audit",
    "statistics",
  ],
  viewer: ["base", "trust", "identity", "store", "audit"],
  system: ["base", "store"],
  console: ["base", "store", "audit", "statistics"],
};

const appliance = fileURLToPath(new URL("../../appliance", import.meta.url));

interface Import {
  readonly file: string;
  readonly room: string;
  readonly target: string;
  readonly specifier: string;
  /** Erased before the code runs. */
  readonly typeOnly: boolean;
}

const files = readdirSync(appliance, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
const imports: Import[] = files.flatMap((file) => {
  const text = readFileSync(join(appliance, file), "utf8");
  const specifiers = [
    ...text.matchAll(/^(?:import|export)[^;]*?from "([^"]+)";|^import "([^"]+)";|import\("([^"]+)"\)/gm),
  ];
  return specifiers.map((match) => {
    const specifier = match[1] ?? match[2] ?? match[3] ?? "";
    const target = specifier.startsWith(".")
      ? relative(appliance, resolve(appliance, dirname(file), specifier))
      : specifier;
    const room = file.includes(sep) ? (file.split(sep)[0] as string) : file;
    return { file, room, target, specifier, typeOnly: /^(?:import|export) type/.test(match[0]) };
  });
});
/** `main.ts`, and its parts in `main/`. */
const composes = (room: string | undefined) => room === "main.ts" || room === "main";
const inside = imports.filter(({ specifier }) => specifier.startsWith("."));

describe("the house rules", () => {
  it("reads imports at all", () => {
    expect(inside.length).toBeGreaterThan(100);
  });

  it("has every room in its table", () => {
    const rooms = new Set(
      files
        .filter((file) => file.includes(sep))
        .map((file) => file.split(sep)[0])
        .filter((room) => !composes(room)),
    );
    expect([...rooms].sort()).toEqual(Object.keys(mayUse).sort());
  });

  it("imports down a floor or where the table allows, never up", () => {
    const forbidden = inside.filter(({ room, target }) => {
      const other = target.split(sep)[0] as string;
      return !composes(room) && other !== room && !mayUse[room]?.includes(other);
    });
    expect(forbidden).toEqual([]);
  });

  it("enters another room through its index only", () => {
    const past = inside.filter(
      ({ room, target }) =>
        target.split(sep)[0] !== room && !/^[a-z0-9]+\/index\.ts$/.test(target) && !composes(target.split(sep)[0]),
    );
    expect(past).toEqual([]);
  });

  it("lets only main.ts compose", () => {
    expect(inside.filter(({ room, target }) => composes(target.split(sep)[0]) && !composes(room))).toEqual([]);
  });

  it("lets only the store know SQL", () => {
    expect(new Set(imports.filter(({ target }) => target === "better-sqlite3").map(({ room }) => room))).toEqual(
      new Set(["store"]),
    );
  });

  it("lets only trust hold private keys", () => {
    const holders = files.filter((file) =>
      /createPrivateKey|KeyObject/.test(readFileSync(join(appliance, file), "utf8")),
    );
    expect(holders.filter((file) => !file.startsWith(`trust${sep}`))).toEqual([]);
  });

  it("has no import cycle", () => {
    const edges = new Map<string, string[]>();
    for (const { file, target } of inside.filter(({ typeOnly }) => !typeOnly))
      edges.set(file, [...(edges.get(file) ?? []), target]);
    const cycles: string[] = [];
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) {
        cycles.push([...path.slice(path.indexOf(file)), file].join(" -> "));
        return;
      }
      if (done.has(file)) return;
      for (const next of edges.get(file) ?? []) visit(next, [...path, file]);
      done.add(file);
    };
    for (const file of edges.keys()) visit(file, []);
    expect(cycles).toEqual([]);
  });

  it("keeps its files short", () => {
    const long = files
      .filter((file) => !file.includes("dictionary"))
      .map((file) => ({ file, lines: readFileSync(join(appliance, file), "utf8").split("\n").length }))
      .filter(({ lines }) => lines > 500);
    expect(long).toEqual([]);
  });
});
