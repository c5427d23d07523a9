// By what the ledger can be read, and what its figures and keys are called.

import { placesOf } from "../../charts/colour";
import { GRAINS, type Grain, type Measure, UNKNOWN } from "../../lib/buckets";
import { compact, marked, trimmed, usd } from "../../lib/format";
import { t } from "../../lib/i18n";
import { callsText } from "../../lib/words";

export const DIMENSIONS = [
  "model",
  "provider",
  "agent",
  "framework",
  "service",
  "session",
  "user",
  "tool",
  "tag",
  "env",
  "version",
  "project",
  "commit",
  "branch",
  "convention",
  "time",
] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** What grouping by it means, where the name does not say. */
export function dimensionTitle(dimension: Dimension): string | undefined {
  const titles: Partial<Record<Dimension, string>> = {
    tool: t("The tool whose run made the call"),
    tag: t("A call with several tags appears under each tag; the total counts it once"),
    env: t("A call of a trace with several environments appears under each; the total counts it once"),
    version: t("A call of a trace with several versions appears under each; the total counts it once"),
    commit: t("The git commit of the agent's folder"),
    branch: t("The git branch of the agent's folder"),
    convention: t("Telemetry convention of the sender"),
    time: t("One line for each bar of the chart"),
  };
  return titles[dimension];
}

export const MEASURES = ["cost", "tokens", "calls"] as const;

export function measureTitle(measure: Measure): string {
  return { cost: t("Cost"), tokens: t("Tokens"), calls: t("Calls") }[measure];
}

export function choose<T extends string>(value: string | null, allowed: readonly T[], fallback: T): T {
  return allowed.find((entry) => entry === value) ?? fallback;
}

export function chosenGrain(value: string | null): Grain | null {
  return GRAINS.find((grain) => grain === value) ?? null;
}

/** What to group by on the wire, for one line a key. */
export function groupByOf(dimension: Dimension, grain: Grain): string {
  return dimension === "time" ? grain : dimension;
}

/** What to group by on the wire, for bars. */
export function barsOf(dimension: Dimension, grain: Grain): string {
  return dimension === "time" ? grain : `${dimension},${grain}`;
}

/** What an answer was grouped by. */
export function readGroupBy(groupBy: string, otherwise: Grain): { dimension: Dimension; grain: Grain } {
  const words = groupBy.split(",");
  const grain = GRAINS.find((name) => words.includes(name)) ?? otherwise;
  return { dimension: DIMENSIONS.find((name) => words.includes(name)) ?? "time", grain };
}

export function seriesName(key: string | null): string {
  if (key === null) return t("Other");
  return key === UNKNOWN ? t("unknown") : key === ALL ? t("all") : key;
}

/** Series that the chart names; the rest is one grey series. */
export const NAMED = 6;

/** The colour of a key: the same in chart and ledger, and on other pages. */
export function seriesClass(dimension: Dimension, named: readonly string[], key: string | null): string {
  const at = key === null ? -1 : named.indexOf(key);
  if (dimension === "time") return "series-1 by-time";
  return at < 0
    ? `series-rest by-${dimension}`
    : `series-of-${(placesOf(named)[at] ?? 0) + 1} by-${dimension}`;
}

/** The one series of a chart that is not split. */
export const ALL = "\u0000all";

/** How the parts of a bar are named: one precision for all bars, fitting the highest. */
export function formatOf(measure: Measure, peak: number): (value: number) => string {
  if (measure === "tokens") return (value) => t("{n} tokens", { count: value, n: compact(value) });
  if (measure === "calls") return callsText;
  return (value) => usd(value.toFixed(8), peak < 10 ? 4 : 2);
}

/** A tick's amount: short from ten thousand dollars on. */
export function formatTick(measure: Measure): (value: number, step: number) => string {
  if (measure !== "cost") return (value) => trimmed(compact(value));
  return (value, step) => {
    if (value === 0) return "$0";
    if (step >= 1000) return `$${trimmed(compact(value))}`;
    const places =
      step >= 1 ? 0 : Math.min(6, Math.ceil(-Math.log10(step)) + (step.toString().includes("25") ? 1 : 0));
    return `$${marked(value.toFixed(places))}`;
  };
}
