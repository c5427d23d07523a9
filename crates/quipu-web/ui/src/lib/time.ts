// Times arrive as RFC 3339 with nanoseconds, which a Date would cut to milliseconds.

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
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function sameDay(a: Date, b: Date): boolean {
  return a.getFullYear() === b.getFullYear() && a.getMonth() === b.getMonth() && a.getDate() === b.getDate();
}

export function day(date: Date): string {
  return `${two(date.getDate())} ${MONTHS[date.getMonth()]}`;
}

export function clock(date: Date): string {
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** Local time for a list: the clock today, day and clock before. Always the same width for one day. */
export function listTime(rfc3339: string, now = new Date()): string {
  const date = new Date(rfc3339);
  if (Number.isNaN(date.getTime())) return rfc3339;
  return sameDay(date, now) ? clock(date) : `${day(date)} ${clock(date)}`;
}

/** Local time to the millisecond with its date, for detail panels. */
export function fullTime(rfc3339: string): string {
  const date = new Date(rfc3339);
  if (Number.isNaN(date.getTime())) return rfc3339;
  const ms = String(date.getMilliseconds()).padStart(3, "0");
  return `${day(date)} ${date.getFullYear()} ${clock(date)}.${ms}`;
}

/** How long ago, in one unit. */
export function ago(rfc3339: string, now = Date.now()): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(rfc3339)) / 1000));
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}

export interface Range {
  /** A length up to now (1h, 24h, 7d), "all", or "" when since and until say it. */
  preset: string;
  since: string | null;
  until: string | null;
}

export const PRESETS: readonly { id: string; label: string; ms: number | null }[] = [
  { id: "15m", label: "Last 15 minutes", ms: 900_000 },
  { id: "1h", label: "Last hour", ms: 3_600_000 },
  { id: "6h", label: "Last 6 hours", ms: 21_600_000 },
  { id: "24h", label: "Last 24 hours", ms: 86_400_000 },
  { id: "7d", label: "Last 7 days", ms: 604_800_000 },
  { id: "30d", label: "Last 30 days", ms: 2_592_000_000 },
  { id: "all", label: "All that is stored", ms: null },
];

export const DEFAULT_RANGE = "24h";

export function presetMs(id: string): number | null {
  return PRESETS.find((preset) => preset.id === id)?.ms ?? null;
}

export function rangeLabel(range: Range): string {
  const preset = PRESETS.find((entry) => entry.id === range.preset);
  if (preset) return preset.label;
  const part = (text: string | null, open: string) => {
    if (!text) return open;
    const date = new Date(text);
    return `${day(date)} ${two(date.getHours())}:${two(date.getMinutes())}`;
  };
  return `${part(range.since, "start")} – ${part(range.until, "now")}`;
}

/** The bounds to ask the server for, as of `now`. */
export function resolveRange(range: Range, now = Date.now()): { since?: string; until?: string } {
  const bounds: { since?: string; until?: string } = {};
  if (range.preset) {
    const ms = presetMs(range.preset);
    if (ms !== null) bounds.since = new Date(now - ms).toISOString();
    return bounds;
  }
  if (range.since) bounds.since = range.since;
  if (range.until) bounds.until = range.until;
  return bounds;
}

/** The period of the same length just before, or null when the range has no beginning. */
export function previousRange(range: Range, now = Date.now()): { since: string; until: string } | null {
  const { since, until } = resolveRange(range, now);
  if (!since) return null;
  const start = Date.parse(since);
  const end = until ? Date.parse(until) : now;
  return { since: new Date(start - (end - start)).toISOString(), until: new Date(start).toISOString() };
}
