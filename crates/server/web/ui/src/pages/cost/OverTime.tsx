// The chart: what is billed, stacked by the chosen dimension; what subscriptions cover hangs apart below the line.

import { useMemo } from "react";
import { type Scope, useUsage } from "../../api/queries";
import type { UsageGroup } from "../../api/types";
import { StackedBars } from "../../components/StackedBars";
import { Trouble } from "../../components/States";
import { type Grain, type Measure, rankKeys, stackBars } from "../../lib/buckets";
import { count, usdPixels } from "../../lib/format";
import { t } from "../../lib/i18n";
import { resolveRange } from "../../lib/time";
import { fieldName } from "../../lib/words";
import { setRange } from "../../state/url";
import {
  ALL,
  barsOf,
  type Dimension,
  formatOf,
  formatTick,
  measureTitle,
  NAMED,
  readGroupBy,
  seriesClass,
  seriesName,
} from "./dimensions";

interface Props {
  scope: Scope;
  dimension: Dimension;
  measure: Measure;
  grain: Grain;
  highlight: string | null;
  refetch: number | false;
}

/** List prices of subscriptions, one sum a bar; null when there are none. */
function apartOf(groups: readonly UsageGroup[], grain: Grain, times: readonly number[]): number[] | null {
  const column = new Map(times.map((time, index) => [time, index]));
  const values = times.map(() => 0);
  for (const group of groups) {
    const index = column.get(Date.parse(group.key[grain] ?? "")) ?? -1;
    if (index >= 0) values[index] = (values[index] ?? 0) + usdPixels(group.subscription_usd);
  }
  return values.some((value) => value > 0) ? values : null;
}

export function OverTime({ scope, dimension: asked, measure, grain: wanted, highlight, refetch }: Props) {
  const query = useUsage(scope, barsOf(asked, wanted), refetch);
  const { dimension, grain } = readGroupBy(query.data?.groupBy ?? barsOf(asked, wanted), wanted);
  const groups = useMemo(() => {
    const all = query.data?.groups ?? [];
    return dimension === "time" ? all.map((group) => ({ ...group, key: { ...group.key, time: ALL } })) : all;
  }, [query.data, dimension]);
  const named = useMemo(
    () => rankKeys(groups, dimension, measure).slice(0, NAMED),
    [groups, dimension, measure],
  );
  const stack = useMemo(() => {
    const bounds = resolveRange(scope.range);
    const since = bounds.since ? Date.parse(bounds.since) : null;
    const open = scope.range.preset === "all" ? null : Date.now();
    const until = bounds.until ? Date.parse(bounds.until) - 1 : open;
    return stackBars(groups, { dimension, grain, measure, named, since, until });
  }, [groups, scope, dimension, grain, measure, named]);
  const below = useMemo(
    () => (measure === "cost" ? apartOf(groups, grain, stack.times) : null),
    [groups, grain, measure, stack.times],
  );
  if (query.isError && !query.data) return <Trouble error={query.error} retry={() => void query.refetch()} />;
  if (query.isPending) return <div className="bars-wait" aria-hidden="true" />;
  const format = formatOf(measure, stack.peak);
  const at = highlight === null ? -1 : named.indexOf(highlight);
  return (
    <>
      <StackedBars
        stack={stack}
        grain={grain}
        seriesClass={(index) => seriesClass(dimension, named, named[index] ?? null)}
        seriesName={seriesName}
        format={format}
        formatTick={formatTick(measure)}
        label={t("{measure} by {dimension} over time, {n} bars, highest {peak}", {
          measure: measureTitle(measure),
          dimension: fieldName(dimension),
          n: count(stack.times.length),
          peak: format(stack.peak),
        })}
        highlight={highlight === null || dimension === "time" ? null : at >= 0 ? at : named.length}
        apart={below ? { name: t("within subscriptions, at list price"), values: below } : null}
        onBrush={(since, until) =>
          setRange({ preset: "", since: new Date(since).toISOString(), until: new Date(until).toISOString() })
        }
      />
      {below ? (
        <p className="chart-apart faint">
          <i className="swatch swatch-apart" />
          {t("below the line: calls covered by subscriptions, at list prices, not part of the cost above")}
        </p>
      ) : null}
    </>
  );
}
