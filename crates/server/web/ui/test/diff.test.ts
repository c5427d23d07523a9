import { describe, expect, it } from "vitest";
import { alignSaid, alignTraces, diffWords, matches } from "../src/lib/diff";
import { outline, type Row } from "./outline";

function align(left: Row[], right: Row[]) {
  const [a, b] = [outline(left), outline(right)];
  const walk = alignTraces(a, b);
  let step = walk.next();
  while (!step.done) step = walk.next();
  return step.value.map((row) => ({
    left: a.ids[row.left] ?? null,
    right: b.ids[row.right] ?? null,
    state: row.state,
    differs: row.differs,
  }));
}

const root: Row = { id: "root", name: "run", kind: "agent", start: 0, end: 10 };
const step = (id: string, name: string, more: Partial<Row> = {}): Row => ({
  id,
  name,
  parent: "root",
  kind: "tool",
  start: 1,
  end: 2,
  ...more,
});

describe("two traces", () => {
  it("align by kind and name, in order, and say what was added and removed", () => {
    const rows = align(
      [root, step("l1", "search"), step("l2", "read"), step("l3", "book")],
      [root, step("r1", "search"), step("r2", "pay"), step("r3", "book")],
    );
    expect(rows.map(({ left, right, state }) => [left, right, state])).toEqual([
      ["root", "root", "same"],
      ["l1", "r1", "same"],
      ["l2", null, "removed"],
      [null, "r2", "added"],
      ["l3", "r3", "same"],
    ]);
    expect(rows[0]?.differs).toBe(true);
    expect(rows[1]?.differs).toBe(false);
  });

  it("take a call to another model for the same step that changed", () => {
    const call = (id: string, model: string) => step(id, `chat ${model}`, { kind: "llm", model, tokens: 5 });
    expect(align([root, call("l", "gpt-4o")], [root, call("r", "gpt-4o-mini")])[1]).toMatchObject({
      left: "l",
      right: "r",
      state: "changed",
    });
  });

  it("take calls of another provider for the same steps, and tools for themselves", () => {
    const call = (id: string, name: string) => step(id, name, { kind: "llm", model: name, tokens: 5 });
    for (let calls = 1; calls < 8; calls += 1) {
      const side = (id: string, name: string) => [
        root,
        ...Array.from({ length: calls }, (_, at) => call(`${id}${at}`, name)),
        step(`${id}t`, "book"),
      ];
      const rows = align(side("l", "openai.chat"), side("r", "anthropic.chat"));
      expect(rows.map(({ left, right }) => [left, right]).slice(1)).toEqual([
        ...Array.from({ length: calls }, (_, at) => [`l${at}`, `r${at}`]),
        ["lt", "rt"],
      ]);
    }
    const uneven = align(
      [root, call("l0", "openai.chat")],
      [root, call("r0", "x.chat"), call("r1", "x.chat")],
    );
    expect(uneven.map(({ state }) => state)).toEqual(["same", "changed", "added"]);
  });

  it("do not differ by how long they took, but by status, tokens and cost", () => {
    const states = (more: Partial<Row>) =>
      align([root, step("l", "x")], [root, step("r", "x", more)])[1]?.state;
    expect(states({ end: 9 })).toBe("same");
    expect(states({ status: "error" })).toBe("changed");
    expect(states({ tokens: 7 })).toBe("changed");
  });

  it("line up lists that are too long for a table", () => {
    const long = Array.from({ length: 3000 }, (_, at) => at % 7);
    const other = long.filter((_, at) => at % 10 !== 3);
    const pairs = matches(long, other);
    expect(pairs.length).toBeGreaterThan(2000);
    for (const [x, y] of pairs) expect(long[x]).toBe(other[y]);
    expect(
      pairs.every(
        ([x, y], at) => at === 0 || (x > (pairs[at - 1]?.[0] ?? 0) && y > (pairs[at - 1]?.[1] ?? 0)),
      ),
    ).toBe(true);
  });
});

describe("two texts", () => {
  it("differ in words", () => {
    expect(diffWords("rain in Bern today", "sun in Bern today, warm")).toEqual([
      { text: "rain", state: "removed" },
      { text: "sun", state: "added" },
      { text: " in Bern today", state: "same" },
      { text: ", warm", state: "added" },
    ]);
    expect(diffWords("", "")).toEqual([]);
    expect(diffWords("same", "same")).toEqual([{ text: "same", state: "same" }]);
  });

  it("give back both texts from the pieces", () => {
    const [before, after] = ["a b c d e f".repeat(50), "a x c d f g".repeat(40)];
    const pieces = diffWords(before, after);
    const without = (state: string) =>
      pieces.flatMap((piece) => (piece.state === state ? [] : [piece.text])).join("");
    expect(without("added")).toBe(before);
    expect(without("removed")).toBe(after);
  });

  it("stand beside the message of the same role", () => {
    const said = (role: string, text: string) => ({ role, text });
    const rows = alignSaid(
      [said("user", "q"), said("assistant", "one")],
      [said("user", "q"), said("tool", "r"), said("assistant", "two")],
    );
    expect(rows.map(([a, b]) => [a?.text ?? null, b?.text ?? null])).toEqual([
      ["q", "q"],
      [null, "r"],
      ["one", "two"],
    ]);
  });
});
