// Events by level over time, within the filters of the list.
import { useMemo } from "react";
import { type AskGroup, useAsk } from "../../api/ask";
import { LEVELS, type Level } from "../../api/signals";
import { TimeChart } from "../../charts";
import { t } from "../../lib/i18n";
import type { Range } from "../../lib/time";
import type { EventFilters } from "./facets";

/** Interval of refreshes while the page follows. */
const OVER_TIME_MS = 10_000;
/** Groups of one question; those of all levels and of the event names beside the chosen one. */
const MOST_GROUPS = 200;
/** Filters that the query for figures applies. */
const COUNTED_BY = ["q", "session", "agent", "framework"] as const;

const HUES: Record<Level, string> = {
  trace: "--other",
  debug: "--other",
  info: "--llm",
  success: "--good",
  warning: "--warning",
  error: "--failure",
  critical: "--failure",
};

interface Props {
  range: Range;
  filters: EventFilters;
  following: boolean;
}

export function OverTime({ range, filters, following }: Props) {
  const scope = useMemo(() => {
    const chosen = COUNTED_BY.flatMap((name) => (filters[name] ? [[name, filters[name]]] : []));
    return { range, filters: Object.fromEntries(chosen) as Record<string, string> };
  }, [range, filters]);
  const group_by = filters.type ? ["level", "name"] : ["level"];
  const query = useAsk(
    { from: "events", group_by, step: "auto", top: MOST_GROUPS },
    scope,
    following ? OVER_TIME_MS : false,
  );
  const data = query.data;
  if (!data?.since || !data.until || !data.step_ms) return null;
  const ofType = (group: AskGroup) => !filters.type || group.key.name === filters.type;
  const least = Math.max(0, LEVELS.indexOf(filters.level as Level));
  const series = LEVELS.slice(least).flatMap((level) => {
    const group = data.groups.find((one) => one.key.level === level && ofType(one));
    if (!group) return [];
    const points = (group.points ?? []).map((point) => ({ t: Date.parse(point.start), v: point.count }));
    return [{ name: level, hue: HUES[level], points }];
  });
  return (
    <div className="events-over-time">
      <TimeChart
        shape="bar"
        stacked
        series={series}
        unit="count"
        since={Date.parse(data.since)}
        until={Date.parse(data.until)}
        stepMs={data.step_ms}
        height={96}
        label={t("Events by level over time")}
      />
    </div>
  );
}
