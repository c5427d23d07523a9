import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { boundsOver, evenLevels, levelsOf, rebin, roundBounds } from "../src/charts/bins";
import { boxScale } from "../src/charts/boxes";
import { placesOf } from "../src/charts/colour";
import { gridOf, onGrid, peakOf, runsOf, snap, stackLayers } from "../src/charts/layout";
import { stepOf, timeTicks, valueAxis } from "../src/charts/ticks";
import { boundText, formatTick, formatUnit } from "../src/charts/units";

const series = (points: [number, number | null][], dashed = false) => ({
  name: "s",
  dashed,
  points: points.map(([t, v]) => ({ t, v })),
});

describe("axes of values", () => {
  it("has round lines up to or above the peak", () => {
    expect(valueAxis("usd", 0.83).ticks).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(valueAxis("count", 7).ticks).toEqual([0, 2, 4, 6, 8]);
    expect(valueAxis("count", 3).step).toBe(1);
    expect(valueAxis("count", 1).ticks).toEqual([0, 1]);
  });
  it("never goes beyond a whole for shares", () => {
    expect(valueAxis("percent", 0.97).top).toBe(1);
    expect(valueAxis("percent", 0.03).top).toBeCloseTo(0.03);
  });
  it("steps through time by the clock and through bytes by powers of two", () => {
    expect(stepOf("ms", 12_000)).toBe(15_000);
    expect(stepOf("ms", 200)).toBe(200);
    expect(stepOf("bytes", 300 * 1024)).toBe(512 * 1024);
  });
  it("shows nothing of nothing", () => {
    expect(valueAxis("usd", 0).ticks).toEqual([0]);
    expect(valueAxis("usd", Number.NaN).ticks).toEqual([0]);
  });
  it("writes ticks with the places of their step", () => {
    const axis = valueAxis("per_min", 9);
    expect(axis.ticks.map((tick) => formatTick("per_min", tick, axis.step))).toEqual([
      "0",
      "2.5",
      "5.0",
      "7.5",
      "10.0",
    ]);
    expect(formatTick("usd", 0.25, 0.25)).toBe("$0.25");
    expect(formatTick("usd", 5, 5)).toBe("$5");
    expect(formatTick("ms", 1500, 500)).toBe("1.5 s");
    expect(formatTick("ms", 120_000, 60_000)).toBe("2 min");
    expect(formatTick("percent", 0.5, 0.25)).toBe("50%");
  });
});

describe("axes of time", () => {
  it("says the day at midnight and the clock else", () => {
    const start = new Date(2026, 10, 21, 18, 0).getTime();
    const ticks = timeTicks(start, start + 12 * 3_600_000, 800);
    expect(ticks.find((tick) => tick.strong)?.text).toBe("22 Nov");
    expect(ticks[0]?.text).toMatch(/^\d\d:\d\d$/);
  });
  it("has as many ticks as there is room for", () => {
    const start = new Date(2026, 10, 1).getTime();
    expect(timeTicks(start, start + 30 * 86_400_000, 300).length).toBeLessThanOrEqual(6);
    expect(timeTicks(5, 5, 300)).toEqual([]);
    // Steps of two days over the end of a month with 31 days: no two labels are a day apart.
    const days = timeTicks(Date.UTC(2026, 9, 26), Date.UTC(2026, 10, 25), 1_260).map(
      ({ t: at }) => at / 86_400_000,
    );
    expect(days.length).toBeGreaterThan(10);
    for (const [index, day] of days.slice(1).entries()) expect(day - (days[index] ?? 0)).toBeGreaterThan(1.5);
  });
});

describe("steps", () => {
  const one = series([
    [10, 1],
    [20, null],
    [40, 3],
  ]);
  it("covers the range with the steps that the points have", () => {
    expect(gridOf([one], 12, 45, 10)).toEqual([10, 20, 30, 40]);
    expect(gridOf([], 0, 30, 10)).toEqual([0, 10, 20]);
    expect(gridOf([one], 30, 30, 10)).toEqual([]);
  });
  it("keeps what is unknown and what is not there as gaps", () => {
    const grid = gridOf([one], 10, 50, 10);
    expect(onGrid(one, grid, 10)).toEqual([1, null, null, 3]);
    expect(runsOf([1, null, null, 3, 4])).toEqual([
      [0, 0],
      [3, 4],
    ]);
    expect(runsOf([null])).toEqual([]);
  });
  it("stacks without tearing at a gap", () => {
    const rows = [
      [1, null, 2],
      [3, 4, null],
    ];
    expect(stackLayers(rows)[1]).toEqual({ base: [1, 0, 2], top: [4, 4, 2] });
    expect(peakOf(rows, true)).toBe(4);
    expect(peakOf(rows, false)).toBe(4);
    expect(peakOf([], true)).toBe(0);
  });
  it("widens what was brushed to whole steps within the range", () => {
    expect(snap(27, 14, [10, 20, 30], 10, [12, 36])).toEqual([12, 30]);
    expect(snap(14, 14, [10, 20, 30], 10, [0, 100])).toEqual([10, 20]);
  });
});

describe("bins", () => {
  it("has round bounds around what there is", () => {
    expect(roundBounds(120, 900)).toEqual([150, 200, 300, 500, 700, 1000]);
    expect(roundBounds(0, 0)).toEqual([]);
  });
  it("reads from a minute on by minutes", () => {
    const bounds = roundBounds(40_000, 500_000);
    expect(bounds).toContain(60_000);
    expect(bounds[bounds.length - 1]).toBe(600_000);
    expect(bounds.map((bound) => boundText("ms", bound))).toContain("1.5 min");
  });
  it("loses no value when bins are put together", () => {
    const fine = Array.from({ length: 60 }, (_, index) => ({ upper: 1.15 ** index, count: index % 7 }));
    const bounds = boundsOver([fine]);
    const coarse = rebin(fine, bounds);
    const sum = (bins: { count: number }[]) => bins.reduce((all, bin) => all + bin.count, 0);
    expect(sum(coarse)).toBe(sum(fine));
    expect(coarse.every((bin, index) => index === 0 || bin.upper > (coarse[index - 1]?.upper ?? 0))).toBe(
      true,
    );
  });
  it("has levels that grow, and one for each small count", () => {
    expect(levelsOf(3)).toEqual([1, 2, 3]);
    const levels = levelsOf(5000);
    expect(levels[levels.length - 1]).toBe(5000);
    expect([...levels].sort((a, b) => a - b)).toEqual(levels);
    expect(levelsOf(0)).toEqual([]);
    expect(evenLevels(6)).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

describe("figures", () => {
  it("carry their unit and no more places than they have", () => {
    expect(formatUnit("usd", 0.00041, 0.002)).toBe("$0.000410");
    expect(formatUnit("usd", 12.5, 40)).toBe("$12.50");
    expect(formatUnit("per_min", 0.003)).toBe("<0.01/min");
    expect(formatUnit("percent", 0.9999)).toBe(">99.9%");
    expect(formatUnit("number", 0.1 + 0.2)).toBe("0.3");
    expect(formatUnit("ms", Number.NaN)).toBe("–");
  });
  it("draws boxes on a logarithmic scale when they differ much", () => {
    const row = { name: "a", min: 1, p25: 2, p50: 5, p75: 50, p95: 500, max: 1000 };
    const scale = boxScale([row]);
    expect(scale.ticks).toEqual([1, 10, 100, 1000]);
    expect(scale.at(10) - scale.at(1)).toBeCloseTo(scale.at(100) - scale.at(10));
    expect(boxScale([]).ticks).toEqual([]);
  });
});

// Machado, Oliveira and Fernandes 2009: how colours look without one sort of cones. https://doi.org/10.1109/TVCG.2009.113
const VISION = {
  all: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  protan: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  deutan: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  tritan: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
};

const linear = (hex: string) =>
  [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];

const dot = (a: readonly number[], b: readonly number[], from = 0) =>
  (a[from] ?? 0) * (b[0] ?? 0) + (a[from + 1] ?? 0) * (b[1] ?? 0) + (a[from + 2] ?? 0) * (b[2] ?? 0);

/** OKLab, in which distances are those that are seen. https://bottosson.github.io/posts/oklab/ */
function oklab(rgb: readonly number[]): number[] {
  const lms = [
    dot([0.4122214708, 0.5363325363, 0.0514459929], rgb),
    dot([0.2119034982, 0.6806995451, 0.1073969566], rgb),
    dot([0.0883024619, 0.2817188376, 0.6299787005], rgb),
  ].map(Math.cbrt);
  return [
    dot([0.2104542553, 0.793617785, -0.0040720468], lms),
    dot([1.9779984951, -2.428592205, 0.4505937099], lms),
    dot([0.0259040371, 0.7827717662, -0.808675766], lms),
  ];
}

function apart(a: string, b: string): number {
  return Math.min(
    ...Object.values(VISION).map((matrix) => {
      const seen = (hex: string) =>
        oklab([0, 3, 6].map((from) => Math.min(1, Math.max(0, dot(matrix, linear(hex), from)))));
      const [one, other] = [seen(a), seen(b)];
      return Math.hypot(...one.map((value, index) => value - (other[index] ?? 0)));
    }),
  );
}

const luminance = (hex: string) => dot([0.2126, 0.7152, 0.0722], linear(hex));
const contrast = (a: string, b: string) => {
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
};

describe("the palette", () => {
  const css = readFileSync(new URL("../src/charts/charts.css", import.meta.url), "utf8");
  const tokens = readFileSync(new URL("../src/styles/tokens.css", import.meta.url), "utf8");
  const block = (text: string, head: string) =>
    text.slice(text.indexOf(head), text.indexOf("}", text.indexOf(head)));
  const value = (text: string, name: string) => new RegExp(`--${name}: (#[0-9a-f]{6})`).exec(text)?.[1] ?? "";
  const themes = [
    { name: "light", head: ":root {" },
    { name: "dark", head: ':root[data-theme="dark"] {' },
  ];
  for (const theme of themes) {
    const mine = block(css, theme.head);
    const page = block(tokens, theme.head);
    const colours = Array.from({ length: 8 }, (_, index) => value(mine, `chart-${index + 1}`));
    it(`stands out from the ${theme.name} page`, () => {
      for (const colour of colours) expect(contrast(colour, value(page, "paper"))).toBeGreaterThan(3);
    });
    it(`is told apart by readers of any colour vision, ${theme.name}`, () => {
      for (const [index, colour] of colours.entries())
        for (const other of colours.slice(0, index))
          expect(apart(colour, other), `${colour} ${other}`).toBeGreaterThan(0.05);
    });
    it(`has nothing near the red of failures, ${theme.name}`, () => {
      for (const colour of colours)
        expect(apart(colour, value(page, "failure")), colour).toBeGreaterThan(0.06);
    });
  }
});

describe("colours of names", () => {
  it("differ within a chart, and do not change with the ranks", () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const names = Array.from(
        { length: 1 + (seed % 8) },
        (_, at) => `model-${(seed * 31 + at * 7) % 97}-${at}`,
      );
      const places = placesOf(names);
      expect(new Set(places).size).toBe(names.length);
      const turned = [...names].reverse();
      expect(placesOf(turned).reverse()).toEqual(places);
    }
    expect(placesOf(Array.from({ length: 20 }, (_, at) => `m${at}`)).every((at) => at >= 0 && at < 8)).toBe(
      true,
    );
  });
});
