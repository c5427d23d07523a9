// A time range as people type it: "yesterday", "-3d", "22 Nov 9:00–12:00", "2026-11-22". Times are those of the chosen zone.
import { language } from "./i18n";
import { presetMs, type Range } from "./time";
import { momentAt, partsOf } from "./zone";

const NONE: Range = { preset: "", since: null, until: null };
const preset = (id: string): Range => ({ preset: id, since: null, until: null });

/** Words for days and months, in English and German: a reader of one writes the other too. */
const WORDS: Record<string, string> = {
  today: "today",
  heute: "today",
  yesterday: "yesterday",
  gestern: "yesterday",
  "this month": "this-month",
  "dieser monat": "this-month",
  "diesen monat": "this-month",
  "last month": "last-month",
  "previous month": "last-month",
  "letzter monat": "last-month",
  "letzten monat": "last-month",
  all: "all",
  "all time": "all",
  alles: "all",
};

const LENGTH =
  /^(?:-|last |past |letzte[nr]? )?(\d{1,4}) ?(m|min|minutes?|minuten?|h|hours?|stunden?|d|days?|tagen?|tage|w|weeks?|wochen?)$/;

function monthOf(name: string): number {
  const wanted = name.replace(".", "").slice(0, 3);
  for (const locale of [language(), "en", "de"]) {
    const format = new Intl.DateTimeFormat(locale, { month: "long", timeZone: "UTC" });
    for (let month = 0; month < 12; month += 1)
      if (
        format
          .format(Date.UTC(2024, month, 15))
          .toLowerCase()
          .slice(0, 3) === wanted
      )
        return month;
  }
  return -1;
}

interface Day {
  year: number;
  month: number;
  day: number;
}

function dayOf(text: string, now: Date): Day | null {
  const { year, month, day } = partsOf(now);
  const today = { year, month, day };
  if (/^(today|heute)$/.test(text)) return today;
  if (/^(yesterday|gestern)$/.test(text)) return { ...today, day: today.day - 1 };
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text);
  if (iso) return checked({ year: Number(iso[1]), month: Number(iso[2]) - 1, day: Number(iso[3]) });
  const dotted = /^(\d{1,2})\.(\d{1,2})\.(\d{4})?$/.exec(text);
  if (dotted)
    return checked({
      year: Number(dotted[3] ?? today.year),
      month: Number(dotted[2]) - 1,
      day: Number(dotted[1]),
    });
  const named =
    /^(\d{1,2})\.? (\p{L}{3,9}\.?)(?: (\d{4}))?$/u.exec(text) ??
    /^(?<month>\p{L}{3,9}\.?) (?<day>\d{1,2}),?(?: (?<year>\d{4}))?$/u.exec(text);
  if (!named) return null;
  const said = { month: named[2], day: named[1], year: named[3], ...named.groups };
  const found = checked({
    year: Number(said.year ?? today.year),
    month: monthOf((said.month ?? "").toLowerCase()),
    day: Number(said.day),
  });
  // A day without a year is the last such day.
  if (found && !said.year && momentAt(found.year, found.month, found.day).getTime() > now.getTime())
    return { ...found, year: found.year - 1 };
  return found;
}

function checked(day: Day): Day | null {
  const found = partsOf(momentAt(day.year, day.month, day.day));
  return found.month === day.month && found.day === day.day ? day : null;
}

const CLOCK = /^(?:(.*?)[ t,]+)?(\d{1,2}):(\d{2})(?::(\d{2}))?$/;

interface Moment {
  day: Day;
  /** Whether a clock time was written; else the whole day is meant. */
  clock: [number, number, number] | null;
}

function momentOf(text: string, fallback: Day | null, now: Date): Moment | null {
  const [, before, hours, minutes, seconds] = CLOCK.exec(text) ?? [];
  if (hours === undefined) {
    const day = dayOf(text, now);
    return day && { day, clock: null };
  }
  const day = before ? dayOf(before.trim().replace(/,$/, ""), now) : fallback;
  const [h, m, s] = [Number(hours), Number(minutes), Number(seconds ?? 0)];
  return day && h < 24 && m < 60 && s < 60 ? { day, clock: [h, m, s] } : null;
}

const timeOf = ({ day, clock }: Moment, later = 0): string =>
  momentAt(day.year, day.month, day.day + later, ...(clock ?? [0, 0, 0])).toISOString();

/** The range that a text means; null when it means none. */
export function readRange(given: string, now = new Date()): Range | null {
  const text = given.trim().toLowerCase().replace(/\s+/g, " ");
  const word = WORDS[text];
  if (word) return preset(word);
  const [, many, unit] = LENGTH.exec(text) ?? [];
  if (many && unit) {
    const id = `${Number(many)}${{ m: "m", h: "h", s: "h", d: "d", t: "d", w: "w" }[unit[0] ?? ""] ?? "d"}`;
    return (presetMs(id) ?? 0) > 0 ? preset(id) : null;
  }
  const today = dayOf("today", now);
  const [from = "", to, ...rest] = text.split(/ ?(?:–|—| - | to | bis ) ?/);
  if (rest.length > 0) return null;
  const start = momentOf(from, today, now);
  if (!start) return null;
  if (to === undefined)
    // A clock time alone is where the range begins; a day alone is that day.
    return { ...NONE, since: timeOf(start), until: start.clock ? null : timeOf(start, 1) };
  if (to === "" || /^(now|jetzt)$/.test(to)) return { ...NONE, since: timeOf(start) };
  const end = momentOf(to, start.day, now);
  if (!end) return null;
  const range = { ...NONE, since: timeOf(start), until: timeOf(end, end.clock ? 0 : 1) };
  return range.since < range.until ? range : null;
}
