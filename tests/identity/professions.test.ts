import { describe, expect, it } from "vitest";
import type { ProfessionRule } from "../../appliance/identity/index.ts";
import { type PersonName, people } from "../../scripts/sandbox/psc/index.ts";
import { useStand } from "./stand.ts";

const stand = useStand();
const refused = "IDENTITY_PROFESSION_REFUSED";
const unknown = "IDENTITY_PROFESSION_UNKNOWN";

describe("who may see images", () => {
  it.each<[PersonName, readonly ProfessionRule[] | undefined, string | undefined]>([
    ["physician", undefined, undefined],
    ["radiologist", undefined, undefined],
    ["both", undefined, undefined],
    ["student", undefined, undefined],
    ["nurse", undefined, refused],
    ["secretary", undefined, unknown],
    ["unregistered", undefined, unknown],
    ["nurse", [{ profession: "10" }, { profession: "60" }], undefined],
    ["physician", [{ profession: "60" }], refused],
    ["physician", [], refused],
    ["student", [{ profession: "10", category: "C" }], refused],
    ["physician", [{ profession: "10", category: "C" }], undefined],
    ["radiologist", [{ profession: "10", speciality: "SM44" }], undefined],
    ["physician", [{ profession: "10", speciality: "SM44" }], refused],
    // A rule is about one exercise: what one has and what another has do not add up.
    ["both", [{ profession: "60", speciality: "SM54" }], refused],
  ])("%s by the rules %j: %s", async (name, professions, code) => {
    const { gate, psc } = stand();
    const check = gate(professions === undefined ? {} : { professions }).check(await psc.issue(name));
    if (code === undefined) expect(await check).toMatchObject({ subjectNameID: people[name].SubjectNameID });
    else await expect(check).rejects.toMatchObject({ code });
  });

  it("is told with every exercise, so that the one who acts may be chosen", async () => {
    const { gate, psc } = stand();
    const { exercises } = await gate().check(await psc.issue("both"));
    expect(exercises.map(({ profession }) => profession)).toEqual(["60", "10"]);
    expect(exercises[1]?.activities.map(({ structureId }) => structureId)).toEqual(["1690088888", "1750099999"]);
  });

  it.each<[string, unknown]>([
    ["missing", undefined],
    ["null", null],
    ["a word", "10"],
    ["a list", [{ codeProfession: "10" }]],
    ["without exercises", {}],
    ["with exercises that are no list", { exercices: { codeProfession: "10" } }],
    ["with words for exercises", { exercices: ["10"] }],
    ["with a profession that is a number", { exercices: [{ codeProfession: 10 }] }],
    ["with a profession in a list", { exercices: [{ codeProfession: ["10"] }] }],
  ])("is nobody when the reference is %s", async (_, SubjectRefPro) => {
    const { gate, psc } = stand();
    psc.suffer({ kind: "altered", change: (claims) => ({ ...claims, SubjectRefPro }) }, "userinfo");
    await expect(gate().check(await psc.issue("physician"))).rejects.toMatchObject({ code: unknown });
  });
});
