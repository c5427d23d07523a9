// Times arrive as RFC 3339 with nanoseconds, which a Date would cut to milliseconds.
import { language, t } from "./i18n";
import { localZoneText, minuteClock, momentAt, partsOf, zone } from "./zone";

/** Milliseconds from `originMs` (a whole second in Unix milliseconds) with the sub-millisecond digits kept. */
export function offsetMs(rfc3339: string, originMs: number): number {
  const point = rfc3339.indexOf(".");
  if (point < 0) return Date.parse(rfc3339) - originMs;
  let end = point + 1;
  while (end < rfc3339.length && rfc3339.charCodeAt(end) >= 48 && rfc3339.charCodeAt(end) <= 57) end += 1;
  const whole = Date.parse(rfc3339.slice(0, point) + rfc3339.slice(end));
  return whole - originMs + Number(`0${rfc3339.slice(point, end)}`) * 1000;
}

/** The whole second, in Unix milliseconds, that a time falls in. */
export function secondOf(rfc3339: string): number {
  return Math.floor(Date.parse(rfc3339) / 1000) * 1000;
}

const two = (value: number) => String(value).padStart(2, "0");
let months: { of: string; names: string[] } | null = null;

/** The short names of the months in the language of the screen. */
function monthName(month: number): string {
  if (months?.of !== language()) {
    const format = new Intl.DateTimeFormat(language(), { month: "short", timeZone: "UTC" });
    const names = Array.from({ length: 12 }, (_, index) => format.format(Date.UTC(2024, index, 15)));
    months = { of: language(), names: names.map((name) => name.replace(".", "").slice(0, 3)) };
  }
  return months.names[month] ?? "";
}

export function sameDay(a: Date, b: Date): boolean {
  const [one, other] = [partsOf(a), partsOf(b)];
  return one.year === other.year && one.month === other.month && one.day === other.day;
}

/** "22 Nov", in German "22. Nov". */
const dayOf = (date: number, month: number): string =>
  `${two(date)}${language() === "de" ? "." : ""} ${monthName(month)}`;

export function day(date: Date): string {
  const { day, month } = partsOf(date);
  return dayOf(day, month);
}

export function clock(date: Date): string {
  return `${minuteClock(date)}:${two(partsOf(date).seconds)}`;
}

/** Time for a list: the clock today, day and clock before. Always the same width for one day. */
export function listTime(rfc3339: string, now = new Date()): string {
  const date = new Date(rfc3339);
  if (Number.isNaN(date.getTime())) return rfc3339;
  return sameDay(date, now) ? clock(date) : `${day(date)} ${clock(date)}`;
}

/** Time to the millisecond with its date, for detail panels. */
export function fullTime(rfc3339: string): string {
  const date = new Date(rfc3339);
  if (Number.isNaN(date.getTime())) return rfc3339;
  const { ms, year } = partsOf(date);
  return `${day(date)} ${year} ${clock(date)}.${String(ms).padStart(3, "0")}`;
}

/** The same time in UTC, to the second, for hover texts. */
export function utcTime(rfc3339: string): string {
  const date = new Date(rfc3339);
  return Number.isNaN(date.getTime()) ? rfc3339 : `${date.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** The time in UTC where the screen shows local times, else in local time; for hover texts. */
export function otherZoneTime(rfc3339: string): string {
  const date = new Date(rfc3339);
  if (zone() === "local" || Number.isNaN(date.getTime())) return utcTime(rfc3339);
  const local = date.toLocaleString(language(), { dateStyle: "medium", timeStyle: "medium" });
  return `${local}, ${localZoneText(date)}`;
}

/** The UTC day that a bar of days, weeks or months starts on. */
export function utcDay(date: Date): string {
  return dayOf(date.getUTCDate(), date.getUTCMonth());
}

export function utcMonth(date: Date): string {
  return `${monthName(date.getUTCMonth())} ${date.getUTCFullYear()}`;
}

/** Day and minute, with the year when it is another one than now. */
export function minuteTime(rfc3339: string, now = new Date()): string {
  const date = new Date(rfc3339);
  if (Number.isNaN(date.getTime())) return rfc3339;
  const time = minuteClock(date);
  if (sameDay(date, now)) return time;
  const { year } = partsOf(date);
  return `${day(date)}${year === partsOf(now).year ? "" : ` ${year}`} ${time}`;
}

/** How long until then, in at most two units; null when it is past. */
export function until(rfc3339: string, now = Date.now()): string | null {
  const minutes = Math.ceil((Date.parse(rfc3339) - now) / 60_000);
  if (!(minutes > 0)) return null;
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 ? `${hours} h ${two(minutes % 60)} min` : `${hours} h`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** How long ago, in one unit. */
export function ago(rfc3339: string, now = Date.now()): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(rfc3339)) / 1000));
  if (seconds < 60) return t("{n} s ago", { n: seconds });
  if (seconds < 3600) return t("{n} min ago", { n: Math.floor(seconds / 60) });
  if (seconds < 172_800) return t("{n} h ago", { n: Math.floor(seconds / 3600) });
  return t("{n} d ago", { n: Math.floor(seconds / 86_400) });
}

/** A time as the value of a datetime-local input; "" for none. */
export function toLocalInput(rfc3339: string | null): string {
  if (!rfc3339) return "";
  const date = new Date(rfc3339);
  const { year, month, day } = partsOf(date);
  return `${year}-${two(month + 1)}-${two(day)}T${minuteClock(date)}`;
}

export function fromLocalInput(text: string): string | null {
  const [, year, month, day, hours, minutes] = /^(\d+)-(\d+)-(\d+)T(\d+):(\d+)/.exec(text)?.map(Number) ?? [];
  return year === undefined || month === undefined
    ? null
    : momentAt(year, month - 1, day ?? 1, hours, minutes).toISOString();
}

export interface Range {
  /** A length up to now (1h, 24h, 7d, or any such as 3d), a day or month of the calendar, "all", or "" when since and until say it. */
  preset: string;
  since: string | null;
  until: string | null;
  /** The equally long period before the one that the rest says. */
  before?: true | undefined;
}

/** The equally long period before; null for a range without a beginning. */
export function periodBefore(range: Range): Range | null {
  const bounded = range.preset
    ? presetMs(range.preset) !== null || isCalendar(range.preset)
    : range.since !== null;
  return bounded ? { ...range, before: true } : null;
}

/** Days and months of the calendar that the page shows. */
export const CALENDAR = ["today", "yesterday", "this-month", "last-month"] as const;
type Calendar = (typeof CALENDAR)[number];
const isCalendar = (id: string): id is Calendar => (CALENDAR as readonly string[]).includes(id);

/** First and last moment of a day or month of the calendar in the zone of the screen; the present one ends now. */
function calendarBounds(id: Calendar, now: number): { since: string; until?: string } {
  const { year, month, day } = partsOf(new Date(now));
  const at = (m: number, d: number) => momentAt(year, m, d).toISOString();
  switch (id) {
    case "today":
      return { since: at(month, day) };
    case "yesterday":
      return { since: at(month, day - 1), until: at(month, day) };
    case "this-month":
      return { since: at(month, 1) };
    case "last-month":
      return { since: at(month - 1, 1), until: at(month, 1) };
  }
}

export const PRESETS: readonly { id: string; ms: number | null }[] = [
  { id: "15m", ms: 900_000 },
  { id: "1h", ms: 3_600_000 },
  { id: "6h", ms: 21_600_000 },
  { id: "24h", ms: 86_400_000 },
  { id: "7d", ms: 604_800_000 },
  { id: "30d", ms: 2_592_000_000 },
  { id: "all", ms: null },
];

/** What a range can be chosen from: lengths up to now, days and months of the calendar, and all. */
export const RANGE_CHOICES: readonly string[] = [
  ...PRESETS.filter(({ ms }) => ms !== null).map(({ id }) => id),
  ...CALENDAR,
  "all",
];

/** A length up to now, in words. */
export function presetLabel(id: string): string {
  const labels: Record<string, string> = {
    "15m": t("Last 15 minutes"),
    "1h": t("Last hour"),
    "6h": t("Last 6 hours"),
    "24h": t("Last 24 hours"),
    "7d": t("Last 7 days"),
    "30d": t("Last 30 days"),
    today: t("Today"),
    yesterday: t("Yesterday"),
    "this-month": t("This month"),
    "last-month": t("Last month"),
    all: t("All time"),
  };
  return labels[id] ?? lengthLabel(id);
}

/** A typed length such as "3d", in words. */
function lengthLabel(id: string): string {
  const [, n, unit] = LENGTH.exec(id) ?? [];
  if (!n) return id;
  const count = Number(n);
  if (unit === "m") return t("Last {n} minutes", { n, count });
  if (unit === "h") return t("Last {n} hours", { n, count });
  return unit === "d" ? t("Last {n} days", { n, count }) : t("Last {n} weeks", { n, count });
}

export const DEFAULT_RANGE = "24h";

export function presetMs(id: string): number | null {
  const known = PRESETS.find((preset) => preset.id === id);
  if (known) return known.ms;
  const [, many, unit] = LENGTH.exec(id) ?? [];
  return many && unit ? Number(many) * (UNITS[unit] ?? 0) : null;
}

const LENGTH = /^(\d{1,4})([mhdw])$/;
const UNITS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

export function rangeLabel(range: Range): string {
  if (range.preset) return presetLabel(range.preset);
  const part = (text: string | null, open: string) => {
    if (!text) return open;
    const date = new Date(text);
    return `${day(date)} ${minuteClock(date)}`;
  };
  return `${part(range.since, t("start"))} – ${part(range.until, t("now"))}`;
}

/** The bounds to ask the server for, as of `now`. */
export function resolveRange(range: Range, now = Date.now()): { since?: string; until?: string } {
  const bounds: { since?: string; until?: string } = {};
  if (range.before) {
    const of = resolveRange({ ...range, before: undefined }, now);
    const since = Date.parse(of.since ?? "");
    const length = (of.until ? Date.parse(of.until) : now) - since;
    return { since: new Date(since - length).toISOString(), until: new Date(since).toISOString() };
  }
  if (isCalendar(range.preset)) return calendarBounds(range.preset, now);
  if (range.preset) {
    const ms = presetMs(range.preset);
    if (ms !== null) bounds.since = new Date(now - ms).toISOString();
    return bounds;
  }
  if (range.since) bounds.since = range.since;
  if (range.until) bounds.until = range.until;
  return bounds;
}
