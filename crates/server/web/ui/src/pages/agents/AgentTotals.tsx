// All agents together, and against the period before.
import type { AgentRow } from "../../api/insight";
import { Stat } from "../../charts";
import { compact, count, percent, sumUsd, usdHeadline, usdPixels } from "../../lib/format";
import { t } from "../../lib/i18n";
import { filterHref } from "../../state/filters";
import { deltaOf, pointsOf } from "../roster/Against";
import type { useSparks } from "../roster/OverTime";
import { turns } from "./Agents";

interface Sums {
  runs: number;
  errors: number;
  calls: number;
  tools: number;
  tokens: number;
  cost: string | null;
}

function sumsOf(rows: readonly AgentRow[]): Sums {
  const sum = (of: (row: AgentRow) => number) => rows.reduce((total, row) => total + of(row), 0);
  return {
    runs: sum((row) => row.runs),
    errors: sum((row) => row.errors),
    calls: sum((row) => row.llm_calls),
    tools: sum((row) => row.tool_calls),
    tokens: sum((row) => row.tokens?.total ?? 0),
    cost: sumUsd(rows.map((row) => row.cost_usd)),
  };
}

export function AgentTotals({
  rows,
  before,
  sparks,
}: {
  rows: readonly AgentRow[];
  before: readonly AgentRow[] | undefined;
  sparks: Record<"runs" | "calls" | "tools", ReturnType<typeof useSparks>>;
}) {
  const now = sumsOf(rows);
  const then = before ? sumsOf(before) : null;
  const rate = (sums: Sums) => (sums.runs > 0 ? sums.errors / sums.runs : 0);
  return (
    <div className="stats">
      <Stat
        label={t("Runs")}
        value={compact(now.runs)}
        href={filterHref("/spans", {}, { kind: "agent" })}
        sparkHue="--agent"
        {...sparks.runs((f) => f.count)}
        {...deltaOf(now.runs, then?.runs, compact)}
      />
      <Stat
        label={t("Failed")}
        value={percent(rate(now))}
        note={t("{n} runs", { count: now.errors, n: count(now.errors) })}
        href={filterHref("/spans", {}, { kind: "agent", state: "failed" })}
        good="down"
        sparkHue="--failure"
        {...sparks.runs((f) => f.errors)}
        {...pointsOf(rate(now), then ? rate(then) : undefined)}
      />
      <Stat
        label={t("LLM calls per run")}
        value={turns(now.runs > 0 ? now.calls / now.runs : null)}
        note={t("{n} calls", { count: now.calls, n: compact(now.calls) })}
        href={filterHref("/calls", { has: "agent" })}
        good="down"
        sparkHue="--llm"
        {...sparks.calls((f) => f.count)}
        {...deltaOf(
          now.runs > 0 ? now.calls / now.runs : 0,
          then && then.runs > 0 ? then.calls / then.runs : undefined,
        )}
      />
      <Stat
        label={t("Tool runs")}
        value={compact(now.tools)}
        href={filterHref("/tool-runs", { has: "agent" })}
        sparkHue="--tool"
        {...sparks.tools((f) => f.count)}
        {...deltaOf(now.tools, then?.tools, compact)}
      />
      <Stat
        label={t("Tokens")}
        value={compact(now.tokens)}
        href={filterHref("/calls", { has: "agent" }, { sort: "-tokens" })}
        sparkHue="--llm"
        {...sparks.calls((f) => f.tokens?.total ?? 0)}
        {...deltaOf(now.tokens, then?.tokens, compact)}
      />
      <Stat
        label={t("Cost")}
        value={now.cost === null ? "–" : usdHeadline(now.cost)}
        href={filterHref("/calls", { has: "agent" }, { sort: "-cost" })}
        good="down"
        sparkHue="--accent"
        {...sparks.calls((f) => usdPixels(f.cost_usd))}
        {...deltaOf(usdPixels(now.cost), then ? usdPixels(then.cost) : undefined)}
      />
    </div>
  );
}
