// Two sets of calls side by side: the figures that tell which is better.
import type { Figures } from "../api/ask";

export interface Measured {
  id:
    | "calls"
    | "success"
    | "cost"
    | "cost_call"
    | "cost_million"
    | "tokens_call"
    | "p50"
    | "p95"
    | "ttft"
    | "speed"
    | "cache";
  /** null where it is unknown. */
  value: number | null;
  /** Which direction is better; null for figures that are neither. */
  better: "more" | "less" | null;
}

const ratio = (a: number | null, b: number): number | null => (a === null || b <= 0 ? null : a / b);

/** The figures of one set, in the order of the screen. */
export function measuresOf(figures: Figures): Measured[] {
  const { count, tokens, latency_ms: latency } = figures;
  const cost = figures.cost_usd === null ? null : Number(figures.cost_usd);
  // A sum over part of the calls is no basis for a mean.
  const priced = figures.unpriced_calls > 0 ? null : cost;
  const seconds = latency ? (latency.avg * count) / 1000 : 0;
  const finished = count - figures.running;
  return [
    { id: "calls", value: count, better: null },
    { id: "success", value: ratio(finished - figures.errors, finished), better: "more" },
    { id: "cost", value: cost, better: null },
    { id: "cost_call", value: ratio(priced, count), better: "less" },
    {
      id: "cost_million",
      value: ratio(priced === null ? null : priced * 1e6, tokens?.total ?? 0),
      better: "less",
    },
    { id: "tokens_call", value: tokens ? ratio(tokens.total, count) : null, better: null },
    { id: "p50", value: latency?.p50 ?? null, better: "less" },
    { id: "p95", value: latency?.p95 ?? null, better: "less" },
    { id: "ttft", value: figures.ttft_ms?.p50 ?? null, better: "less" },
    { id: "speed", value: tokens?.output ? ratio(tokens.output, seconds) : null, better: "more" },
    { id: "cache", value: tokens ? ratio(tokens.cache_read, tokens.input) : null, better: "more" },
  ];
}

/** How much the second is above the first, as a share of the first. */
export function differenceOf(a: number | null, b: number | null): number | null {
  return a === null || b === null || a === 0 ? null : b / a - 1;
}

/** Shares of a whole. Their difference is told in points, because a share of a share misleads. */
const SHARES: ReadonlySet<Measured["id"]> = new Set(["success", "cache"]);

/** The second minus the first in points; null for figures that are no shares, and where one is unknown. */
export function pointsOf(a: Measured, b: Measured): number | null {
  return SHARES.has(a.id) && a.value !== null && b.value !== null ? b.value - a.value : null;
}

/** Whether a set is worth a comparison: one without a single success is not fast, it only fails fast. */
export const works = (measures: readonly Measured[]): boolean =>
  measures.find(({ id }) => id === "success")?.value !== 0;

/** Which of two is better: -1 the first, 1 the second, 0 neither. */
export function winnerOf(a: Measured, b: Measured): -1 | 0 | 1 {
  if (a.better === null || a.value === null || b.value === null || a.value === b.value) return 0;
  return a.value > b.value === (a.better === "more") ? -1 : 1;
}
