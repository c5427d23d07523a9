// Cost and tokens over time, stacked by model: the same model has the same colour in both.
import { useMemo } from "react";
import type { AskGroup } from "../../api/ask";
import { useAsk } from "../../api/ask";
import type { Scope } from "../../api/queries";
import {
  beforeSeries,
  boundsOf,
  Charted,
  figureText,
  type Measure,
  seriesOf,
  TimeChart,
  unitOf,
} from "../../charts";
import { Panel } from "../../components/Panel";
import { count } from "../../lib/format";
import { t } from "../../lib/i18n";
import { useCompare } from "../../state/compare";
import { filterHref } from "../../state/filters";
import { CALLS, CALLS_TOTAL, naming } from "./asks";
import { picked } from "./pick";

export const modelHref = (group: AskGroup): string =>
  filterHref("/calls", { model: group.key.model ?? null });

export function ByModel({
  measure,
  title,
  scope,
  refetch,
}: {
  measure: Extract<Measure, "cost" | "tokens">;
  title: string;
  scope: Scope;
  refetch: number | false;
}) {
  const compare = useCompare();
  const query = useAsk(CALLS, scope, refetch);
  const before = useAsk(CALLS_TOTAL, scope, refetch, { before: true, enabled: compare });
  const series = useMemo(() => {
    if (!query.data) return [];
    const now = seriesOf(query.data, measure, naming(title), {
      href: modelHref,
      short: measure === "tokens",
    });
    if (!compare || !before.data) return now;
    return [...now, beforeSeries(before.data, measure, t("previous period"), boundsOf(query.data), "muted")];
  }, [query.data, before.data, compare, measure, title]);
  const total = query.data?.total;
  const unpriced = measure === "cost" && total ? total.unpriced_calls : 0;
  return (
    <Panel
      title={title}
      note={
        total ? (
          <>
            {figureText(total, measure, 0, t("unpriced"))}
            {unpriced > 0 ? <> · {t("{n} calls unpriced", { count: unpriced, n: count(unpriced) })}</> : null}
          </>
        ) : undefined
      }
    >
      <Charted
        query={query}
        height={200}
        empty={(answer) => answer.groups.length === 0}
        nothing={t("No LLM calls in this time.")}
      >
        {(answer) => (
          <TimeChart
            shape="bar"
            stacked
            series={series}
            unit={unitOf(measure)}
            {...boundsOf(answer)}
            height={200}
            label={title}
            onPick={(since, until) => picked(since, until, { calls: ">0" })}
          />
        )}
      </Charted>
    </Panel>
  );
}
