import { describe, expect, it } from "vitest";
import type { ForgetAnswer, RetiredDay } from "../src/api/data";
import { bytesOf, isAnything, linesOf, periodOf, sumsOf } from "../src/pages/data/rules";

const FOREVER = { traces: "forever", logs: "forever", metrics: "forever", costs: "forever" };

describe("rules of retention", () => {
  it("are lines in the order in which they count, and everything else last", () => {
    const rule = [
      { service: "checkout", traces: "90d", logs: "30d" },
      { project: "github.com/acme/playground", traces: "1d" },
    ];
    expect(linesOf({ preset: "keep", logs: "12h", rule })).toEqual([
      {
        service: "checkout",
        project: null,
        periods: { traces: "90d", logs: "30d", metrics: null, costs: null },
      },
      {
        service: null,
        project: "github.com/acme/playground",
        periods: { traces: "1d", logs: null, metrics: null, costs: null },
      },
      { service: null, project: null, periods: { ...FOREVER, logs: "12h" } },
    ]);
  });

  it("take what they do not say from their preset", () => {
    const [line] = linesOf({ preset: "short", traces: "14d" });
    expect(line?.periods).toEqual({ traces: "14d", logs: "7d", metrics: "30d", costs: "forever" });
  });
});

describe("what the server writes", () => {
  it.each([
    ["forever", { unit: "forever" }],
    ["14d", { unit: "days", n: 14 }],
    ["36h", { unit: "hours", n: 36 }],
    ["2 moons", { unit: "other" }],
  ])("is read as a period: %s", (text, period) => {
    expect(periodOf(text)).toEqual(period);
  });

  it.each([
    ["20GiB", 20 * 1024 ** 3],
    ["500MB", 500_000_000],
    ["3kB", 3000],
    ["1KiB", 1024],
    ["1048577B", 1_048_577],
    ["7", 7],
    ["much", null],
    [undefined, null],
  ])("is read as bytes: %s", (text, bytes) => {
    expect(bytesOf(text)).toBe(bytes);
  });
});

describe("a run", () => {
  const day = (part: Partial<RetiredDay>): RetiredDay => ({
    day: "2026-11-14",
    fate: "thinned",
    why: "age",
    traces: 0,
    spans: 0,
    costs: 0,
    events: 0,
    points: 0,
    held: 0,
    bytes: 0,
    freed_bytes: 0,
    ...part,
  });

  it("is counted by signal: days of which something goes, and records", () => {
    expect(sumsOf([day({ spans: 3 }), day({ spans: 4, events: 2 }), day({ points: 9 })])).toEqual([
      { signal: "traces", days: 2, records: 7 },
      { signal: "logs", days: 1, records: 2 },
      { signal: "metrics", days: 1, records: 9 },
      { signal: "costs", days: 0, records: 0 },
    ]);
  });
});

describe("a look for somebody", () => {
  const answer = (place: Partial<ForgetAnswer["places"][number]>): ForgetAnswer => ({
    dry_run: true,
    kind: "user",
    id_sha256: "",
    salt: "",
    at: "",
    traces: 0,
    places: [{ place: "store", what: "traces", found: 0, remaining: 0, ...place }],
    remaining: 0,
    complete: false,
    beyond: [],
  });

  it("finds something where there is a record, or a place that cannot be looked into", () => {
    expect(isAnything(answer({}))).toBe(false);
    expect(isAnything(answer({ found: 1 }))).toBe(true);
    expect(isAnything(answer({ trouble: "not reached" }))).toBe(true);
  });
});
