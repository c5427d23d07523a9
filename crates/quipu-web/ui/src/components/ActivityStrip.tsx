// How much happened when, above a list: LLM calls an hour or a day, failed ones in red. Dragging narrows the range.
import { useMemo } from "react";
import { type Scope, useUsage } from "../api/queries";
import type { UsageGroup } from "../api/types";
import { grainOf, stackBars } from "../lib/buckets";
import { plural } from "../lib/format";
import { resolveRange } from "../lib/time";
import { useFollowing } from "../state/follow";
import { setRange } from "../state/url";
import { StackedBars } from "./StackedBars";

const OUTCOMES = ["failed", "answered"] as const;

function byOutcome(group: UsageGroup): UsageGroup[] {
  return OUTCOMES.map((outcome) => ({
    ...group,
    key: { ...group.key, outcome },
    llm_calls: outcome === "failed" ? group.errors : group.llm_calls - group.errors,
  }));
}

export function ActivityStrip({ scope }: { scope: Scope }) {
  const grain = grainOf(scope.range);
  const query = useUsage(scope, grain, useFollowing() ? 10_000 : false);
  const stack = useMemo(() => {
    const bounds = resolveRange(scope.range);
    return stackBars((query.data?.groups ?? []).flatMap(byOutcome), {
      dimension: "outcome",
      grain,
      measure: "calls",
      named: OUTCOMES,
      since: bounds.since ? Date.parse(bounds.since) : null,
      until: bounds.until ? Date.parse(bounds.until) - 1 : scope.range.preset === "all" ? null : Date.now(),
    });
  }, [query.data, scope, grain]);
  return (
    <div className="activity">
      <span className="activity-label">LLM calls per {grain}</span>
      <StackedBars
        strip
        stack={stack}
        grain={grain}
        seriesClass={(index) => `outcome-${OUTCOMES[index] ?? "rest"}`}
        seriesName={(key) => key ?? "other"}
        format={(value) => plural(value, "call")}
        formatTick={String}
        label={`LLM calls per ${grain}, at most ${plural(stack.peak, "call")}`}
        highlight={null}
        onBrush={(since, until) =>
          setRange({ preset: "", since: new Date(since).toISOString(), until: new Date(until).toISOString() })
        }
      />
    </div>
  );
}
