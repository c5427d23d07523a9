import { describe, expect, it } from "vitest";
import {
  bytes,
  compact,
  compareUsd,
  count,
  countsUpTo,
  duration,
  durationsUpTo,
  inCurrency,
  percent,
  seconds,
  stopwatch,
  subtractUsd,
  sumUsd,
  usd,
  usdColumnPlaces,
  usdHeadline,
  usdPlaces,
  usdPlain,
  usdSigned,
} from "../src/lib/format";
import { offsetMs, resolveRange, secondOf, until, utcTime } from "../src/lib/time";

describe("money", () => {
  it("subtracts, signs and changes the currency exactly", () => {
    expect(subtractUsd("0.3", "0.1")).toBe("0.2");
    expect(subtractUsd("1", "1.000000000000000001")).toBe("-0.000000000000000001");
    expect(subtractUsd(null, "1")).toBeNull();
    expect(usdSigned("0.12345", 2)).toBe("+$0.12");
    expect(usdSigned("-0.12345", 2)).toBe("−$0.12");
    expect(usdSigned("0", 2)).toBe("±$0");
    expect(["5", "5.00", "0.050", "12.5", "0.001"].map(usdPlain)).toEqual([
      "$5",
      "$5",
      "$0.05",
      "$12.50",
      "$0.001",
    ]);
    expect(usdSigned("-0.000001", 2)).toBe("−<$0.01");
    expect(inCurrency("10", "0.8013", "CHF")).toBe("CHF\u20098.01");
  });

  it("shows fixed places, groups thousands and never hides a small amount as zero", () => {
    expect(usd("0.00412345")).toBe("$0.0041");
    expect(usd("1234567.891", 2)).toBe("$1,234,567.89");
    expect(usd("0.00000012")).toBe("<$0.0001");
    expect(usd("0")).toBe("$0");
    expect(usd("-0.5", 2)).toBe("-$0.50");
    expect(usd("0.4", 0)).toBe("<$1");
  });

  it("picks one precision for a column", () => {
    expect(usdPlaces(["12.5", "0.0041", null])).toBe(4);
    expect(usdPlaces(["12.5", "3"])).toBe(2);
    expect(usdPlaces(["0.000000001"])).toBe(6);
    expect(usdColumnPlaces(["0.0000042", "0.0012", null])).toBe(6);
    expect(usdColumnPlaces(["12345.6", "0.0041"])).toBe(3);
    expect(usdColumnPlaces(["0.0249", null])).toBe(4);
    expect(usdColumnPlaces(["2.5", "0.25"])).toBe(2);
    expect(usdColumnPlaces([])).toBe(2);
  });

  it("shows a headline with the digits that matter", () => {
    expect(usdHeadline("48.1261")).toBe("$48.13");
    expect(usdHeadline("0.0041263")).toBe("$0.00413");
    expect(usdHeadline("0")).toBe("$0");
  });

  it("adds exactly and orders unknown amounts last", () => {
    expect(sumUsd(["0.1", "0.2", null])).toBe("0.3");
    expect(sumUsd([null, undefined])).toBeNull();
    expect(compareUsd(null, "0")).toBeLessThan(0);
    expect(compareUsd("0.10", "0.1")).toBe(0);
  });
});

describe("figures", () => {
  it("shows durations in the unit that reads best", () => {
    expect(duration(0)).toBe("0 ms");
    expect(duration(0.0421)).toBe("42 µs");
    expect(duration(0.9996)).toBe("1.0 ms");
    expect(duration(9.96)).toBe("10 ms");
    expect(duration(999.7)).toBe("1.00 s");
    expect(duration(4210)).toBe("4.21 s");
    expect(duration(59_996)).toBe("1 m 00 s");
    expect(duration(185_000)).toBe("3 m 05 s");
    expect(duration(8_040_000)).toBe("2 h 14 m");
    expect(duration(null)).toBe("–");
    expect(seconds(72_340)).toBe("72.34 s");
    expect(seconds(226)).toBe("0.23 s");
    expect(seconds(4)).toBe("<0.01 s");
    expect(stopwatch(86_352_400)).toBe("23:59:12");
  });

  it("keeps one unit and one precision in a column", () => {
    expect([0.4, 32, 18_290].map(durationsUpTo(18_290))).toEqual(["<0.001 s", "0.032 s", "18.290 s"]);
    expect([0.4, 999].map(durationsUpTo(999))).toEqual(["0.4 ms", "999.0 ms"]);
    expect(durationsUpTo(0.5)(0.0421)).toBe("42 µs");
    expect(durationsUpTo(7_200_000)(7_200_000)).toBe("7,200.00 s");
    expect([0, 812, 24_603].map(countsUpTo(24_603))).toEqual(["0", "812", "24,603"]);
    expect([0, 20, 812, 3_100_000].map(countsUpTo(3_100_000))).toEqual(["0", "<0.1k", "0.8k", "3,100.0k"]);
  });

  it("shows counts, shares and sizes", () => {
    expect(count(1650)).toBe("1,650");
    expect(compact(9_999)).toBe("9,999");
    expect(compact(12_449)).toBe("12.4k");
    expect(compact(999_950)).toBe("1.00M");
    expect(compact(3_100_000)).toBe("3.10M");
    expect(percent(0)).toBe("0.0%");
    expect(percent(1)).toBe("100.0%");
    expect(percent(1, 0)).toBe("100%");
    expect(percent(0.0001)).toBe("<0.1%");
    expect(percent(0.99999)).toBe(">99.9%");
    expect(bytes(1536)).toBe("1.50\u2009KiB");
  });
});

describe("time", () => {
  it("keeps nanoseconds", () => {
    const origin = secondOf("2026-11-20T07:00:00.000000000Z");
    expect(offsetMs("2026-11-20T07:00:01.000000250Z", origin)).toBeCloseTo(1000.00025, 8);
    expect(offsetMs("2026-11-20T08:00:00.5+01:00", origin)).toBe(500);
    expect(offsetMs("2026-11-20T07:00:02Z", origin)).toBe(2000);
  });

  it("resolves presets against now", () => {
    const now = Date.parse("2026-11-20T12:00:00Z");
    const hour = { preset: "1h", since: null, until: null };
    expect(resolveRange(hour, now)).toEqual({ since: "2026-11-20T11:00:00.000Z" });
    expect(resolveRange({ preset: "all", since: null, until: null }, now)).toEqual({});
  });

  it("says how long until then, and what time that is in UTC", () => {
    const now = Date.parse("2026-11-20T12:00:00Z");
    expect(until("2026-11-20T12:00:30Z", now)).toBe("1 min");
    expect(until("2026-11-20T15:05:00Z", now)).toBe("3 h 05 min");
    expect(until("2026-11-24T15:00:00Z", now)).toBe("4 d 3 h");
    expect(until("2026-11-20T11:00:00Z", now)).toBeNull();
    expect(utcTime("2026-11-20T08:00:00.5+01:00")).toBe("2026-11-20 07:00:00 UTC");
  });
});
