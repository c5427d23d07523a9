import { describe, expect, it } from "vitest";
import { type Range, rangeLabel, resolveRange } from "../src/lib/time";
import { readRange } from "../src/lib/timeText";
import { zoneText } from "../src/lib/zone";

const now = new Date(2026, 10, 23, 14, 30);
const at = (month: number, day: number, hour = 0, minute = 0) =>
  new Date(2026, month, day, hour, minute).toISOString();
const bounds = (text: string) => {
  const range = readRange(text, now);
  return range && resolveRange(range, now.getTime());
};

describe("a time range as text", () => {
  it("names a typed length in words", () => {
    const label = (text: string) => rangeLabel(readRange(text, now) as Range);
    expect([label("-3d"), label("-45m"), label("-2w"), label("-5h")]).toEqual([
      "Last 3 days",
      "Last 45 minutes",
      "Last 2 weeks",
      "Last 5 hours",
    ]);
  });

  it.each([
    ["today", "today"],
    ["Gestern", "yesterday"],
    ["last  month", "last-month"],
    ["-3d", "3d"],
    ["last 7 days", "7d"],
    ["90 min", "90m"],
    ["letzte 2 Wochen", "2w"],
    ["all", "all"],
  ])("%s is %s", (text, preset) => {
    expect(readRange(text, now)).toEqual({ preset, since: null, until: null });
  });

  it.each([
    ["22 Nov 9:00–12:00", at(10, 22, 9), at(10, 22, 12)],
    ["Nov 22 09:00 to Nov 23 8:30", at(10, 22, 9), at(10, 23, 8, 30)],
    ["2026-11-20", at(10, 20), at(10, 21)],
    ["20.11. bis 22.11.", at(10, 20), at(10, 23)],
    ["yesterday 8:00 - 9:15", at(10, 22, 8), at(10, 22, 9, 15)],
    ["9:00", at(10, 23, 9), undefined],
    ["2026-11-20T10:00 – now", at(10, 20, 10), undefined],
    ["3. Dezember 2026", at(11, 3), at(11, 4)],
  ])("%s has its ends", (text, since, until) => {
    expect(bounds(text)).toEqual(until ? { since, until } : { since });
  });

  it("takes a day without a year that is still to come for last year's", () => {
    expect(bounds("24 Dec")?.since).toBe(new Date(2025, 11, 24).toISOString());
  });

  it.each(["soon", "31 Feb", "12:00–9:00", "25:00", "-0d", "1 Nov – 2 Nov – 3 Nov", "99.99.", "a b c", "–"])(
    "%s is none",
    (text) => {
      expect(readRange(text, now)).toBeNull();
    },
  );

  it("reads back what the button says of a range", () => {
    const range: Range = { preset: "", since: at(10, 1, 7, 5), until: at(10, 22, 23, 59) };
    expect(bounds(rangeLabel(range))).toEqual({ since: range.since, until: range.until });
  });

  it("knows the calendar, and what lay before", () => {
    const of = (preset: string, before?: true) =>
      resolveRange({ preset, since: null, until: null, before }, now.getTime());
    expect(of("yesterday")).toEqual({ since: at(10, 22), until: at(10, 23) });
    expect(of("this-month")).toEqual({ since: at(10, 1) });
    expect(of("last-month")).toEqual({ since: at(9, 1), until: at(10, 1) });
    expect(of("yesterday", true)).toEqual({ since: at(10, 21), until: at(10, 22) });
    expect(zoneText(now)).toMatch(/UTC/);
  });
});
