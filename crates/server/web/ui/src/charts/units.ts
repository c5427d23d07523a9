// Figures of a chart: one unit, and one precision for all that stand together.

import {
  bytes,
  compact,
  count,
  duration,
  marked,
  percent,
  percentSign,
  point,
  trimmed,
  usd,
} from "../lib/format";
import { t } from "../lib/i18n";
import type { Unit } from "./types";

/** A number of no known unit, with three digits that matter. */
export function number(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 10_000) return compact(value);
  if (size >= 1000 || Number.isInteger(value)) return count(value);
  if (size < 1e-6) return marked(value.toExponential(1));
  return marked(String(Number(value.toPrecision(3))));
}

/** Dollars with the places that an amount of the size of `peak` needs: four at least below ten dollars. */
function money(value: number, peak: number): string {
  const places = peak <= 0 ? 2 : peak < 0.01 ? 6 : peak < 10 ? 4 : 2;
  return usd(value.toFixed(10), places);
}

function perMinute(value: number): string {
  if (value === 0) return "0";
  if (value < 0.01) return marked("<0.01");
  if (value < 10) return marked(value.toFixed(2));
  return value < 100 ? marked(value.toFixed(1)) : compact(value);
}

/** A figure with its unit. `peak` is the largest of those that it is read beside. */
export function formatUnit(unit: Unit, value: number, peak = value): string {
  if (!Number.isFinite(value)) return "–";
  switch (unit) {
    case "count":
      return Number.isInteger(value) ? count(value) : number(value);
    case "per_min":
      return `${perMinute(value)}/min`;
    case "usd":
      return money(value, Math.abs(peak));
    case "tokens":
      return t("{n} tokens", { count: value, n: compact(value) });
    case "ms":
      return duration(value);
    case "percent":
      return percent(value);
    case "bytes":
      return bytes(Math.round(value));
    case "number":
      return number(value);
  }
}

/** Formats all figures of one chart alike. */
export function formatterOf(unit: Unit, peak: number): (value: number) => string {
  return (value) => formatUnit(unit, value, peak);
}

function decimals(step: number): number {
  return Math.max(
    0,
    Math.min(
      8,
      Math.ceil(-Math.log10(step) - 1e-9) + (/25/.test(step.toPrecision(3).replace(".", "")) ? 1 : 0),
    ),
  );
}

/** Duration ticks: the unit of the step, so that the axis does not change units half-way up. */
function durationTick(value: number, step: number): string {
  if (value === 0) return "0";
  if (step >= 3_600_000) return `${number(value / 3_600_000)} h`;
  if (step >= 60_000) return `${number(value / 60_000)} min`;
  if (step >= 1000 || (step >= 100 && value >= 1000))
    return `${marked((value / 1000).toFixed(step >= 1000 ? 0 : 1))} s`;
  if (step >= 1) return `${count(value)} ms`;
  return step >= 0.001 ? `${count(value * 1000)} µs` : `${number(value)} ms`;
}

/** A tick of an axis whose lines are `step` apart. */
export function formatTick(unit: Unit, value: number, step: number): string {
  switch (unit) {
    case "usd":
      if (value === 0) return "$0";
      return step >= 1000
        ? `$${trimmed(compact(value))}`
        : `$${marked(value.toFixed(step >= 1 ? 0 : decimals(step)))}`;
    case "percent":
      return `${marked((value * 100).toFixed(decimals(step * 100)))}${percentSign()}`;
    case "ms":
      return durationTick(value, step);
    case "bytes":
      return value === 0 ? "0" : trimmed(bytes(value));
    default:
      if (!Number.isInteger(step) && step < 100)
        return value === 0 ? "0" : marked(value.toFixed(decimals(step)));
      return trimmed(compact(value));
  }
}

/** What stands beside an axis where its ticks do not say their unit. */
export function unitName(unit: Unit): string {
  return {
    per_min: t("per min"),
    tokens: t("tokens"),
    count: "",
    usd: "",
    ms: "",
    percent: "",
    bytes: "",
    number: "",
  }[unit];
}

/** The bound of a bin or a row, without places that say nothing: 1.5 s, 700 ms. */
export function boundText(unit: Unit, value: number): string {
  if (unit === "ms" && value >= 60_000) {
    if (value >= 86_400_000) return `${number(value / 86_400_000)} d`;
    return value >= 3_600_000 ? `${number(value / 3_600_000)} h` : `${number(value / 60_000)} min`;
  }
  const mark = `\\${point()}`;
  return formatUnit(unit, value)
    .replace(new RegExp(`(${mark}\\d*?)0+(?=\\D|$)`), "$1")
    .replace(new RegExp(`${mark}(?=\\D|$)`), "");
}
