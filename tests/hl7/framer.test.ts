import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Framer, type FramerEvent, frame } from "../../appliance/hl7/index.ts";

const LIMIT = 1000;

/** Everything a framer says of a stream cut into these chunks; texts outside frames are joined. */
function events(chunks: readonly Buffer[], limit = LIMIT): { messages: string[]; outside: string; tooLarge: number } {
  const framer = new Framer(limit);
  const seen: FramerEvent[] = chunks.flatMap((chunk) => [...framer.push(chunk)]);
  const outside = seen.filter((event) => event.kind === "outside").map((event) => event.bytes.toString("latin1"));
  return {
    messages: seen.filter((event) => event.kind === "message").map((event) => event.bytes.toString("latin1")),
    outside: outside.join("").replace(/[\r\n]/g, ""),
    tooLarge: seen.filter((event) => event.kind === "too-large").length,
  };
}

function cut(bytes: Buffer, positions: readonly number[]): Buffer[] {
  const all = [0, ...positions.map((p) => p % bytes.length).sort((a, b) => a - b), bytes.length];
  return all.slice(1).map((end, i) => bytes.subarray(all[i], end));
}

describe("frames", () => {
  const stream = Buffer.concat([
    Buffer.from("log line\r\n"),
    frame(Buffer.from("MSH|first\rPID|1")),
    frame(Buffer.from("MSH|second")),
    Buffer.from("noise"),
    frame(Buffer.from("MSH|third")),
  ]);
  const whole = { messages: ["MSH|first\rPID|1", "MSH|second", "MSH|third"], outside: "log linenoise", tooLarge: 0 };

  it("come out of one chunk, in order, with what stood outside", () => {
    expect(events([stream])).toEqual(whole);
  });

  it("come out the same when every byte comes alone", () => {
    expect(events(Array.from(stream, (byte) => Buffer.of(byte)))).toEqual(whole);
  });

  it("come out the same wherever the stream is cut", () => {
    for (let at = 0; at <= stream.length; at++)
      expect(events([stream.subarray(0, at), stream.subarray(at)])).toEqual(whole);
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 30 }), (positions) => {
        expect(events(cut(stream, positions))).toEqual(whole);
      }),
    );
  });

  it("are whole at FS: a sender that forgets the CR is answered, not kept waiting", () => {
    expect(events([Buffer.from("\x0bMSH|1\x1c")]).messages).toEqual(["MSH|1"]);
    expect(events([Buffer.from("\x0bMSH|1\x1c\x0bMSH|2\x1c\r")]).messages).toEqual(["MSH|1", "MSH|2"]);
  });

  it("keep a VT that is text, and begin anew at VT MSH: half a message never joins the next patient's", () => {
    expect(events([Buffer.from("\x0bMSH|a\x0bb\x1c\r")]).messages).toEqual(["MSH|a\x0bb"]);
    const [event] = new Framer(LIMIT).push(Buffer.from("\x0bMSH|1\rPID|FIRST\x0bMSH|2\rPID|SECOND\x1c\r"));
    expect(event).toMatchObject({ kind: "message", bytes: Buffer.from("MSH|2\rPID|SECOND"), abandoned: 15 });
  });

  it("stop at the limit, counted as the bytes come, with enough left to read MSH", () => {
    const head = Buffer.from(`\x0bMSH|${"x".repeat(LIMIT - 4)}`);
    expect(events([head, Buffer.of(0x1c)]).messages).toHaveLength(1);
    const framer = new Framer(LIMIT);
    const seen = [...framer.push(head), ...framer.push(Buffer.from("y")), ...framer.push(frame(Buffer.from("MSH|2")))];
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({ kind: "too-large" });
    expect(seen[0]?.kind === "too-large" && seen[0].head.toString("latin1", 0, 4)).toBe("MSH|");
  });

  it("of 5 MB come out whole of small pieces", () => {
    const big = frame(Buffer.alloc(5_000_000, 0x41));
    const framer = new Framer(64 * 1024 * 1024);
    let count = 0;
    for (let at = 0; at < big.length; at += 100) count += [...framer.push(big.subarray(at, at + 100))].length;
    expect(count).toBe(1);
  });
});

describe("any stream", () => {
  it("gives the messages that a plain split at VT and FS gives", () => {
    const byte = fc.constantFrom(0x0b, 0x1c, 0x0d, 0x41, 0x42);
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 200 }), fc.array(fc.nat(), { maxLength: 10 }), (bytes, positions) => {
        const input = Buffer.from(bytes);
        const expected = [...input.toString("latin1").matchAll(/\x0b([^\x1c]*)\x1c/g)].map((match) => match[1]);
        expect(events(input.length === 0 ? [] : cut(input, positions)).messages).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });
});
