// Figures as people read them: units always, one precision per column, unknown said as unknown.
import {
  addDecimals,
  compareDecimals,
  type Decimal,
  multiplyDecimals,
  negateDecimal,
  parseDecimal,
  placesFor,
  roundDecimal,
  toPixels,
} from "./decimal";
import { language } from "./i18n";

const THIN = "\u2009";

/** The decimal mark of the reader's language. */
export const point = (): string => (language() === "de" ? "," : ".");

/** A plain number's text, without groups, with the decimal mark of the reader's language. */
export const marked = (text: string): string => text.replace(".", point());

/** Without zeros behind the decimal mark that say nothing: "3.0k" is "3k". */
export function trimmed(text: string): string {
  return text.replace(new RegExp(`\\${point()}0+(?=\\D|$)`), "");
}

function group(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+(?!\d))/g, point() === "," ? "." : ",");
}

/** An integer with thousands separators. */
export function count(value: number): string {
  return group(Math.round(value).toString());
}

/** A billion is a milliard in German. */
const billions = () => (language() === "de" ? " Mrd." : "B");

/** Large counts shortened to three digits: 1,650 · 12.4k · 3.10M · 1.40B. */
/** All digits where a column has room for them, below 100 million; else three digits and a unit. */
export function columnCount(value: number): string {
  return value < 100_000_000 ? count(value) : compact(value);
}

export function compact(value: number): string {
  if (value < 10_000) return count(value);
  if (value >= 1e6 && value % 1e6 === 0 && value < 1e9) return `${value / 1e6}M`;
  for (const [limit, unit] of [
    [1e6, "k"],
    [1e9, "M"],
    [1e12, billions()],
  ] as const) {
    const scaled = value / (limit / 1e3);
    if (Number(scaled.toPrecision(3)) < 1000) return `${marked(scaled.toPrecision(3))}${unit}`;
  }
  return `${marked((value / 1e12).toPrecision(3))}${language() === "de" ? " Bio." : "T"}`;
}

/** Dollars with a fixed number of places. A positive amount too small for them is "<$0.0001"; none at all is "$0". */
export function usd(text: string, places = 4): string {
  const value = parseDecimal(text);
  if (!value) return text;
  if (value.units === 0n) return "$0";
  const rounded = roundDecimal(value, places);
  if (value.units !== 0n && /^-?0(\.0*)?$/.test(rounded)) {
    const least = places > 0 ? `0${point()}${"1".padStart(places, "0")}` : "1";
    return value.units > 0n ? `<$${least}` : `>-$${least}`;
  }
  const [whole = "0", fraction] = rounded.replace("-", "").split(".");
  const body = `$${group(whole)}${fraction === undefined ? "" : `${point()}${fraction}`}`;
  return rounded.startsWith("-") ? `-${body}` : body;
}

/** A sum that someone set, as they would write it: $5, $0.05, $12.50. */
export function usdPlain(text: string): string {
  const value = parseDecimal(text);
  if (!value) return text;
  const digits = roundDecimal(value, value.scale)
    .replace(/^[^.]*\.?/, "")
    .replace(/0+$/, "").length;
  return usd(text, digits === 0 ? 0 : Math.max(2, digits));
}

/** Every digit that was sent, for hover texts and copies. */
export function usdExact(text: string): string {
  const value = parseDecimal(text);
  return value ? usd(text, value.scale) : text;
}

/** The places that a column of amounts needs: two significant digits of its smallest value, between 2 and 6. */
export function usdPlaces(amounts: Iterable<string | null | undefined>): number {
  let places = 2;
  for (const amount of amounts) {
    const value = amount ? parseDecimal(amount) : null;
    if (value && value.units !== 0n) places = Math.max(places, placesFor(value, 2));
  }
  return Math.min(places, 6);
}

/** As `usdPlaces`, but four at least below a dollar, and at most eight digits in all for the largest amount. */
export function usdColumnPlaces(amounts: readonly (string | null | undefined)[]): number {
  const whole = Math.max(
    1,
    ...amounts.map((amount) => (amount ? amount.replace(/^-?(\d*).*$/, "$1").length : 1)),
  );
  const below = amounts.some(Boolean) && amounts.every((amount) => !amount || /^-?0?(\.|$)/.test(amount));
  return Math.max(2, Math.min(Math.max(usdPlaces(amounts), below ? 4 : 2), 8 - whole));
}

/** The places of a single figure: the first three digits that matter below a dollar, then cents, then none. */
export function headlinePlaces(text: string): number {
  const value = parseDecimal(text);
  if (!value) return 2;
  if (Math.abs(toPixels(value)) >= 100_000) return 0;
  const small =
    compareDecimals(value, { units: 1n, scale: 0 }) < 0 &&
    compareDecimals(value, { units: -1n, scale: 0 }) > 0;
  return small ? Math.min(Math.max(2, placesFor(value, 3)), 8) : 2;
}

/** A single large figure with `headlinePlaces`. */
export function usdHeadline(text: string): string {
  return usd(text, headlinePlaces(text));
}

/** The exact sum of decimal texts; null when there is nothing to add. */
export function sumUsd(amounts: Iterable<string | null | undefined>): string | null {
  let total: Decimal | null = null;
  for (const amount of amounts) {
    const value = amount ? parseDecimal(amount) : null;
    if (value) total = total ? addDecimals(total, value) : value;
  }
  return total ? roundDecimal(total, total.scale) : null;
}

/** a − b, exactly; null when one of them is unknown. */
export function subtractUsd(a: string | null | undefined, b: string | null | undefined): string | null {
  const left = a ? parseDecimal(a) : null;
  const right = b ? parseDecimal(b) : null;
  if (!left || !right) return null;
  const difference = addDecimals(left, negateDecimal(right));
  return roundDecimal(difference, difference.scale);
}

/** A difference with its sign: +$0.12, −$0.12, ±$0.00. */
export function usdSigned(text: string, places = 4): string {
  const value = parseDecimal(text);
  if (!value) return text;
  const size = usd(text.replace(/^[+-]/, ""), places);
  return `${value.units > 0n ? "+" : value.units < 0n ? "−" : "±"}${size}`;
}

/** An amount in another currency at a stated rate, with the code in front. */
export function inCurrency(amount: string, rate: string, code: string): string | null {
  const value = parseDecimal(amount);
  const factor = parseDecimal(rate);
  if (!value || !factor) return null;
  const product = multiplyDecimals(value, factor);
  const text = roundDecimal(product, product.scale);
  return usd(text, headlinePlaces(text)).replace("$", `${code}${THIN}`);
}

/** Orders amounts, unknown ones last. */
export function compareUsd(a: string | null, b: string | null): number {
  const left = a ? parseDecimal(a) : null;
  const right = b ? parseDecimal(b) : null;
  if (!left || !right) return left ? 1 : right ? -1 : 0;
  return compareDecimals(left, right);
}

/** An amount as a length on the screen. */
export function usdPixels(amount: string | null | undefined): number {
  const value = amount ? parseDecimal(amount) : null;
  return value ? toPixels(value) : 0;
}

/** Milliseconds in the unit that reads best: 0.4 ms, 820 ms, 4.21 s, 3 m 05 s, 2 h 14 m. */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return "–";
  if (ms < 0) return `-${duration(-ms)}`;
  if (ms === 0) return "0 ms";
  if (ms < 0.9995) return ms < 0.0005 ? "<1 µs" : `${Math.round(ms * 1000)} µs`;
  if (ms < 9.95) return `${marked(ms.toFixed(1))} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_995) return `${marked((ms / 1000).toFixed(2))} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${String(seconds % 60).padStart(2, "0")} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} m`;
}

/** `value` with fixed places; a positive one too small for them is "<0.01", never "0.00". */
function fixed(value: number, places: number): string {
  const least = 10 ** -places;
  if (value > 0 && value < least / 2) return `<${marked(least.toFixed(places))}`;
  const [whole = "0", fraction] = value.toFixed(places).split(".");
  return fraction === undefined ? group(whole) : `${group(whole)}${point()}${fraction}`;
}

/** Seconds with two places: the one unit of a column whose rows come and go. */
export function seconds(ms: number | null | undefined): string {
  return ms === null || ms === undefined ? "–" : `${fixed(ms / 1000, 2)} s`;
}

/** One unit and one precision for a column of durations whose largest is `most` milliseconds. */
export function durationsUpTo(most: number): (ms: number | null | undefined) => string {
  const [unit, scale, places] =
    most < 1
      ? (["µs", 1000, 0] as const)
      : most < 1000
        ? (["ms", 1, 1] as const)
        : (["s", 1e-3, most < 100_000 ? 3 : 2] as const);
  return (ms) => (ms === null || ms === undefined ? "–" : `${fixed(ms * scale, places)} ${unit}`);
}

/** One unit and one precision for a column of counts whose largest is `most`. */
export function countsUpTo(most: number): (value: number) => string {
  if (most < 1e6) return count;
  const [unit, scale] = most < 1e9 ? (["k", 1e3] as const) : (["M", 1e6] as const);
  return (value) => (value === 0 ? "0" : `${fixed(value / scale, 1)}${unit}`);
}

/** A length as hours, minutes and seconds, 0:03:05, for columns that hold both calls and days. */
export function stopwatch(ms: number): string {
  const total = Math.round(Math.max(0, ms) / 1000);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${group(String(Math.floor(total / 3600)))}:${two(Math.floor(total / 60) % 60)}:${two(total % 60)}`;
}

/** The sign after a percentage: German sets it apart. */
export const percentSign = (): string => (language() === "de" ? "\u202f%" : "%");

/** A share of one as a percentage; a share that only rounds to none or all says so. */
export function percent(share: number, places = 1): string {
  const value = share * 100;
  const least = 10 ** -places;
  const sign = percentSign();
  if (value > 0 && value < least / 2) return `<${marked(String(least))}${sign}`;
  if (value < 100 && value > 100 - least / 2) return `>${marked((100 - least).toFixed(places))}${sign}`;
  return `${marked(value.toFixed(places))}${sign}`;
}

/** Bytes in binary units. */
export function bytes(value: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let rest = value;
  let unit = 0;
  while (rest >= 1024 && unit < units.length - 1) {
    rest /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? rest : marked(rest.toPrecision(3))}${THIN}${units[unit]}`;
}
