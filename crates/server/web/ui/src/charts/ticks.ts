// Round lines of an axis: of values by their unit, of time by the clock and the calendar of the reader.
import { scaleTime, scaleUtc } from "d3-scale";
import { clock, day, sameDay } from "../lib/time";
import { minuteClock, partsOf, zone } from "../lib/zone";
import type { Unit } from "./types";

const SECONDS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
];

function decimalStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  return (
    [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= rough * (1 - 1e-9)) ?? rough
  );
}

function binaryStep(rough: number): number {
  const unit = 1024 ** Math.max(0, Math.floor(Math.log(Math.max(1, rough)) / Math.log(1024)));
  const step = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024].find((size) => size * unit >= rough) ?? 1024;
  return step * unit;
}

/** A round step that is at least `rough`. */
export function stepOf(unit: Unit, rough: number): number {
  if (!(rough > 0)) return 1;
  if (unit === "count" || unit === "tokens")
    return Math.max(1, decimalStep(rough) === 2.5 ? 5 : decimalStep(rough));
  if (unit === "bytes") return binaryStep(rough);
  if (unit === "ms" && rough > 500) {
    const seconds = SECONDS.find((size) => size * 1000 >= rough * (1 - 1e-9));
    return (seconds ?? decimalStep(rough / 86_400_000) * 86_400) * 1000;
  }
  return decimalStep(rough);
}

export interface ValueAxis {
  step: number;
  top: number;
  ticks: number[];
}

/** Lines from zero to at or just above `peak`. Shares end at one. */
export function valueAxis(unit: Unit, peak: number, most = 4): ValueAxis {
  if (!(peak > 0)) return { step: 1, top: 1, ticks: [0] };
  const step = stepOf(unit, peak / most);
  const lines = Math.ceil(peak / step - 1e-9);
  const top = unit === "percent" ? Math.min(Math.max(1, peak), lines * step) : lines * step;
  return {
    step,
    top,
    ticks: Array.from({ length: Math.floor(top / step + 1e-9) + 1 }, (_, index) => index * step),
  };
}

export interface TimeTick {
  t: number;
  text: string;
  /** The first of a new day: it is the one that says the date. */
  strong: boolean;
}

const DAY_MS = 86_400_000;

/** Lines of time between two instants, for a width in pixels. */
export function timeTicks(since: number, until: number, width: number): TimeTick[] {
  if (!(until > since) || width <= 0) return [];
  const room = Math.max(2, Math.floor(width / 84));
  const scale = zone() === "utc" ? scaleUtc() : scaleTime();
  const dates = scale.domain([since, until]).ticks(room);
  const gap = dates.length > 1 ? (dates[1]?.getTime() ?? 0) - (dates[0]?.getTime() ?? 0) : until - since;
  // Steps of several days begin anew with each month, so two lines may be a day apart: the label of the first gives way.
  const apart = (index: number) => (dates[index + 1]?.getTime() ?? Infinity) - (dates[index]?.getTime() ?? 0);
  const shown = dates.filter((_, index) => gap < 2 * DAY_MS - 7_200_000 || apart(index) >= gap * 0.6);
  return shown.map((date, index) => {
    const midnight = clock(date) === "00:00:00";
    const strong = midnight && gap < DAY_MS;
    return { t: date.getTime(), text: tickText(date, gap, midnight, index), strong };
  });
}

function tickText(date: Date, gap: number, midnight: boolean, index: number): string {
  if (gap >= 300 * DAY_MS) return String(partsOf(date).year);
  if (gap >= DAY_MS - 3_600_000 * 2) return day(date);
  if (midnight) return day(date);
  if (gap < 60_000) return clock(date);
  return index === 0 && gap < 0 ? day(date) : minuteClock(date);
}

/** A step of time in words: 14:00 – 15:00, or the day. `end` may be earlier than the step's, where time has not come to it. */
export function stepText(start: number, end: number): string {
  const from = new Date(start);
  const to = new Date(end);
  const time = end - start < 60_000 ? clock : minuteClock;
  if (end - start >= DAY_MS * 0.9 && partsOf(from).hours === 0) {
    return end - start < DAY_MS * 1.5 ? day(from) : `${day(from)} – ${day(new Date(end - 1))}`;
  }
  return sameDay(from, new Date(end - 1))
    ? `${day(from)} ${time(from)} – ${time(to)}`
    : `${day(from)} ${time(from)} – ${day(to)} ${time(to)}`;
}
