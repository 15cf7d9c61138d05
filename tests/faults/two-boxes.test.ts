import { describe, expect, it } from "vitest";
import { BoxProcess } from "./box-process.ts";
import { eventually, openPractice } from "./practice.ts";

describe("a second box on the same folder", () => {
  it("does not start, says why, and leaves the first at work", async () => {
    await using practice = await openPractice();
    await using second = new BoxProcess(practice.configuration);
    await eventually(() => !second.running, "it gives up");
    expect(await second.end("SIGTERM")).toBe("1");
    expect(second.complaints).toContain("CONFIG_FOLDER_IN_USE");
    const one = practice.newCase();
    await practice.submit(one);
    await practice.reaches(one, "published");
  });

  it("starts once the first was killed, whatever it left behind", async () => {
    await using practice = await openPractice();
    await practice.release();
    await using first = new BoxProcess(practice.configuration);
    await eventually(() => first.output.includes('"box started"'), "the first starts");
    expect(await first.end("SIGKILL")).toBe("SIGKILL");
    await using second = new BoxProcess(practice.configuration);
    await eventually(() => second.output.includes('"box started"'), "the second starts");
    expect(await second.end("SIGTERM")).toBe("0");
    expect(second.complaints).toBe("");
  });
});
