// The charts that an open row shows, for work that calls models and for work that only runs.
import { usdPixels } from "../../lib/format";
import { t } from "../../lib/i18n";
import type { Multiple } from "./Multiples";

/** Done and failed ones, stacked: together they are all. */
export const outcomes = (title: string, hue: string): Multiple => ({
  id: "outcomes",
  title,
  shape: "bar",
  stacked: true,
  unit: "count",
  lines: [
    { name: t("ok"), hue, adds: true, of: (f) => f.count - f.errors },
    { name: t("failed"), hue: "--failure", adds: true, of: (f) => f.errors },
  ],
});

export const latencies = (title: string, hue: string, slowHue = "--warning"): Multiple => ({
  id: "latency",
  title,
  shape: "line",
  unit: "ms",
  lines: [
    { name: "p50", hue, adds: false, of: (f) => f.latency_ms?.p50 ?? null },
    { name: "p95", hue: slowHue, adds: false, of: (f) => f.latency_ms?.p95 ?? null },
  ],
});

export const firstTokens = (): Multiple => ({
  id: "ttft",
  title: t("Time to the first token, p50 and p95"),
  shape: "line",
  unit: "ms",
  lines: [
    { name: "p50", hue: "--llm", adds: false, of: (f) => f.ttft_ms?.p50 ?? null },
    { name: "p95", hue: "--warning", adds: false, of: (f) => f.ttft_ms?.p95 ?? null },
  ],
});

export const tokens = (): Multiple => ({
  id: "tokens",
  title: t("Tokens in and out"),
  shape: "bar",
  stacked: true,
  unit: "tokens",
  lines: [
    {
      name: t("read from cache"),
      hue: "--chart-cached",
      adds: true,
      of: (f) => f.tokens?.cache_read ?? 0,
    },
    {
      name: t("in, not cached"),
      hue: "--chart-in",
      adds: true,
      of: (f) => (f.tokens ? f.tokens.input - f.tokens.cache_read : 0),
    },
    { name: t("out"), hue: "--llm", adds: true, of: (f) => f.tokens?.output ?? 0 },
  ],
});

export const cost = (): Multiple => ({
  id: "cost",
  title: t("Cost"),
  shape: "bar",
  unit: "usd",
  lines: [{ name: t("Cost"), hue: "--accent", adds: true, of: (f) => usdPixels(f.cost_usd) }],
});
