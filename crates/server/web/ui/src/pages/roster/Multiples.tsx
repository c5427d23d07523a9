// Small multiples of one thing over time: the same steps in every chart, so that what goes together stands together.
import { useMemo } from "react";
import { type Ask, type AskGroup, useAsk } from "../../api/ask";
import type { Scope } from "../../api/queries";
import { brushRange, TimeChart } from "../../charts";
import type { Series } from "../../charts/types";
import { Trouble } from "../../components/States";
import { t } from "../../lib/i18n";
import { coarseStep, type Measure, pointsOf, stepsOf } from "./series";

export interface Multiple {
  id: string;
  title: string;
  shape: "bar" | "line";
  stacked?: boolean;
  unit: Measure["unit"];
  lines: readonly { name: string; hue: string; adds: boolean; of: Measure["of"]; dashed?: boolean }[];
}

interface Props {
  ask: Pick<Ask, "from" | "filter" | "group_by" | "top">;
  /** Of a grouped question the one group that is shown; without, all together. */
  pick?: (group: AskGroup) => boolean;
  scope: Scope;
  refetch: number | false;
  charts: readonly Multiple[];
}

export function Multiples({ ask, pick, scope, refetch, charts }: Props) {
  const query = useAsk({ ...ask, step: coarseStep(scope.range) }, scope, refetch);
  const steps = useMemo(() => stepsOf(query.data), [query.data]);
  if (query.isError && !query.data) return <Trouble error={query.error} retry={() => void query.refetch()} />;
  if (query.isPending) return <div className="work-chart-wait" aria-hidden="true" />;
  if (!steps) return <p className="part-empty">{t("No activity in this range")}</p>;
  const points = pick ? query.data?.groups.find(pick)?.points : query.data?.total.points;
  return (
    <div className="multiples">
      {charts.map((chart) => {
        const series: Series[] = chart.lines.map((line) => ({
          name: line.name,
          hue: line.hue,
          ...(line.dashed ? { dashed: true } : {}),
          points: pointsOf(
            points,
            { id: "", label: "", unit: chart.unit, shape: chart.shape, adds: line.adds, of: line.of },
            steps,
          ),
        }));
        if (!series.some((one) => one.points.some((point) => point.v !== null && point.v !== 0))) return null;
        return (
          <figure key={chart.id} className="multiple">
            <figcaption>{chart.title}</figcaption>
            <TimeChart
              shape={chart.shape}
              stacked={chart.stacked ?? false}
              series={series}
              unit={chart.unit}
              since={steps.since}
              until={steps.until}
              stepMs={steps.stepMs}
              height={112}
              onBrush={brushRange}
              label={chart.title}
            />
          </figure>
        );
      })}
    </div>
  );
}
