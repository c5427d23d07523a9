// The rules of retention as lines of a table, and what a run takes as one line for each signal.
import type { ForgetAnswer, Periods, RetentionRules, RetiredDay } from "../../api/data";
import { t } from "../../lib/i18n";

export const SIGNALS = ["traces", "logs", "metrics", "costs"] as const;
export type Signal = (typeof SIGNALS)[number];

/** What the API says of its presets. */
const PRESETS: Record<RetentionRules["preset"], Required<Periods>> = {
  keep: { traces: "forever", logs: "forever", metrics: "forever", costs: "forever" },
  short: { traces: "3d", logs: "7d", metrics: "30d", costs: "forever" },
};

export const signalName = (signal: Signal): string =>
  ({ traces: t("Traces"), logs: t("Logs"), metrics: t("Metrics"), costs: t("Costs") })[signal];

export interface Line {
  /** Both null: everything that no line above is for. */
  service: string | null;
  project: string | null;
  /** Null: a line below says it. */
  periods: Record<Signal, string | null>;
}

/** In the order in which they count; the last is for everything else. */
export function linesOf(rules: RetentionRules): Line[] {
  const usual = PRESETS[rules.preset];
  const of = (say: (signal: Signal) => string | null) =>
    Object.fromEntries(SIGNALS.map((signal) => [signal, say(signal)])) as Record<Signal, string | null>;
  const own = (rules.rule ?? []).map((rule) => ({
    service: rule.service ?? null,
    project: rule.project ?? null,
    periods: of((signal) => rule[signal] ?? null),
  }));
  const rest = { service: null, project: null, periods: of((signal) => rules[signal] ?? usual[signal]) };
  return [...own, rest];
}

export type Period = { unit: "forever" } | { unit: "days" | "hours"; n: number } | { unit: "other" };

/** Reads a period as the server writes it. */
export function periodOf(text: string): Period {
  if (text === "forever") return { unit: "forever" };
  const match = /^(\d+)([dh])$/.exec(text);
  if (!match) return { unit: "other" };
  return { unit: match[2] === "d" ? "days" : "hours", n: Number(match[1]) };
}

const BYTES: Record<string, number> = { B: 1, "": 1 };
for (const [at, letter] of [..."kMGT"].entries()) {
  BYTES[`${letter}B`] = 1000 ** (at + 1);
  BYTES[`${letter.toUpperCase()}iB`] = 1024 ** (at + 1);
}

/** Bytes of a size such as `20GiB` or `500MB`; null where it is none. */
export function bytesOf(text: string | undefined): number | null {
  const match = /^(\d+)\s*([A-Za-z]*)$/.exec(text ?? "");
  const unit = BYTES[match?.[2] ?? "?"];
  return match && unit !== undefined ? Number(match[1]) * unit : null;
}

export interface SignalSum {
  signal: Signal;
  days: number;
  records: number;
}

/** How many days and records of each signal; spans are the records of traces. */
export function sumsOf(days: readonly RetiredDay[]): SignalSum[] {
  const records: Record<Signal, (day: RetiredDay) => number> = {
    traces: (day) => day.spans,
    logs: (day) => day.events,
    metrics: (day) => day.points,
    costs: (day) => day.costs,
  };
  return SIGNALS.map((signal) => ({
    signal,
    days: days.filter((day) => records[signal](day) > 0).length,
    records: days.reduce((sum, day) => sum + records[signal](day), 0),
  }));
}

/** Whether there is anything that could be forgotten, or a place that nobody could look into. */
export const isAnything = (answer: ForgetAnswer): boolean =>
  answer.places.some((place) => place.found > 0 || place.trouble !== undefined);
