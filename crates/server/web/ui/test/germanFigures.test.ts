import { beforeAll, describe, expect, it } from "vitest";
import { boundText, formatTick, formatUnit } from "../src/charts/units";
import * as figures from "../src/lib/format";
import { startLanguage } from "../src/lib/i18n";
import { day } from "../src/lib/time";

beforeAll(() => startLanguage("de"));

/** The number that a German text says, without its unit. */
const read = (text: string) =>
  Number(
    text
      .replace(/[^\d.,-]/g, "")
      .replaceAll(".", "")
      .replace(",", "."),
  );

describe("figures in German", () => {
  it("has a comma as the decimal mark and points between thousands", () => {
    expect(figures.count(1_234_567)).toBe("1.234.567");
    expect(figures.compact(12_400)).toBe("12,4k");
    expect(figures.compact(1_400_000_000)).toBe("1,40 Mrd.");
    expect(figures.usd("1234567.891", 2)).toBe("$1.234.567,89");
    expect(figures.usd("0.00000012")).toBe("<$0,0001");
    expect(figures.usdSigned("-0.12345", 2)).toBe("−$0,12");
    expect(figures.duration(4210)).toBe("4,21 s");
    expect(figures.percent(0.281)).toBe("28,1\u202f%");
    expect(figures.bytes(23_400_000)).toBe("22,3\u2009MiB");
    expect(figures.durationsUpTo(50_000)(1195)).toBe("1,195 s");
  });

  it("shortens axes without taking groups for decimals", () => {
    expect(formatTick("usd", 0.25, 0.25)).toBe("$0,25");
    expect(formatTick("percent", 0.2, 0.2)).toBe("20\u202f%");
    expect(day(new Date(2026, 10, 22))).toBe("22. Nov");
    expect(formatTick("count", 12_000, 2000)).toBe("12k");
    expect(formatTick("count", 2000, 1000)).toBe("2.000");
    expect(boundText("count", 1000)).toBe("1.000");
    expect(boundText("ms", 1500)).toBe("1,5 s");
    expect(formatUnit("per_min", 0.31)).toBe("0,31/min");
  });

  it("says the same numbers as the English texts", () => {
    for (let step = 0; step < 400; step += 1) {
      const value = ((step * 7919) % 1000) * 10 ** ((step % 7) - 3);
      expect(read(figures.count(value))).toBe(Math.round(value));
      expect(read(figures.usd(value.toFixed(6), 6))).toBeCloseTo(Number(value.toFixed(6)), 6);
      if (value >= 1000) expect(read(figures.durationsUpTo(99_000)(value))).toBeCloseTo(value / 1000, 3);
    }
  });
});
