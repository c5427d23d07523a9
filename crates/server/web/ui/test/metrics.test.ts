import { expect, test } from "vitest";
import type { MetricName } from "../src/api/signals";
import { courseOf, firstMetric } from "../src/pages/metrics/course";

const NOON = Date.parse("2026-11-25T12:00:00Z");
const at = (minutes: number) => new Date(NOON + minutes * 60_000).toISOString();
const range = { preset: "", since: at(0), until: at(4) };

test("a sum is added over the range and is zero between its points", () => {
  const course = courseOf(
    [
      [at(1), 3],
      [at(3), 4],
    ],
    range,
    60_000,
    "sum",
  );
  expect(course.value).toBe(7);
  expect(course.line).toEqual([0, 3, 0, 4, 0]);
});

test("another figure is the newest one, with gaps between", () => {
  const course = courseOf(
    [
      [at(0), 3],
      [at(2), 5],
      [at(3), null],
    ],
    range,
    60_000,
    "avg",
  );
  expect(course.value).toBe(5);
  expect(course.line).toEqual([3, null, 5, null, null]);
});

test("no points are no value", () => {
  expect(courseOf([], range, 60_000, "avg").value).toBeNull();
});

const metric = (
  name: string,
  minutes: number,
  instrument: MetricName["instrument"] = "counter",
): MetricName => ({
  name,
  unit: "1",
  description: "",
  instrument,
  series: 1,
  last_at: at(minutes),
});

test("a usual metric comes first, else a distribution, else the newest", () => {
  const names = [metric("a.old", 0), metric("b.new", 3), metric("c.spread", 1, "histogram")];
  expect(firstMetric([...names, metric("gen_ai.client.token.usage", 0, "histogram")])?.name).toBe(
    "gen_ai.client.token.usage",
  );
  expect(firstMetric(names)?.name).toBe("c.spread");
  expect(firstMetric(names.slice(0, 2))?.name).toBe("b.new");
  expect(firstMetric([])).toBeUndefined();
});
