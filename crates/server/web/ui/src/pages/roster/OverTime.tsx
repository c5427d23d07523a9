// One measure over time, by name: the largest by themselves, the rest as one. Dragging narrows the range everywhere.
import type { UseQueryResult } from "@tanstack/react-query";
import { useMemo } from "react";
import { type Answer, type Ask, type AskGroup, useAsk } from "../../api/ask";
import type { Scope } from "../../api/queries";
import { brushRange, TimeChart } from "../../charts";
import { Segments } from "../../components/Segments";
import { Trouble } from "../../components/States";
import { t } from "../../lib/i18n";
import { setParams, usePlace } from "../../state/url";
import { type Measure, pointsOf, seriesOf, stepsOf } from "./series";
import { WorkPart } from "./WorkPage";

interface Props {
  title: string;
  /** As `useOverTime` asks it. */
  query: UseQueryResult<Answer>;
  measures: readonly Measure[];
  nameOf: (group: AskGroup) => string;
  hrefOf: (group: AskGroup) => string;
}

const NAMED = 7;

/** The largest groups in steps, and all of them together. */
export const useOverTime = (ask: Pick<Ask, "from" | "group_by">, scope: Scope, refetch: number | false) =>
  useAsk({ ...ask, step: "auto", top: NAMED }, scope, refetch);

/** All groups together in steps, as small lines beside figures. */
export function useSparks(query: UseQueryResult<Answer>): (
  of: Measure["of"],
  adds?: boolean,
) => {
  spark?: readonly (number | null)[];
  sparkPartial?: boolean;
} {
  const { data } = query;
  return useMemo(() => {
    const steps = stepsOf(data);
    const points = data?.total.points;
    if (!steps || !points || points.length < 3) return () => ({});
    return (of: Measure["of"], adds = true) => ({
      spark: pointsOf(points, { id: "", label: "", unit: "number", shape: "line", adds, of }, steps).map(
        ({ v }) => v,
      ),
      sparkPartial: true,
    });
  }, [data]);
}

export function OverTime({ title, query, measures, nameOf, hrefOf }: Props) {
  const { params } = usePlace();
  const measure = measures.find(({ id }) => id === params.get("measure")) ?? measures[0];
  const steps = useMemo(() => stepsOf(query.data), [query.data]);
  const series = useMemo(
    () =>
      query.data && steps && measure
        ? seriesOf(query.data, measure, steps, { nameOf, hrefOf, rest: t("Other") })
        : [],
    [query.data, steps, measure, nameOf, hrefOf],
  );
  if (!measure) return null;
  const said = series.some((one) => one.points.some((point) => point.v !== null && point.v > 0));
  return (
    <WorkPart
      title={title}
      tools={
        <Segments
          label={t("Measure")}
          options={measures}
          value={measure.id}
          onPick={(id) => setParams({ measure: id === measures[0]?.id ? null : id }, { replace: true })}
        />
      }
    >
      {query.isError && !query.data ? (
        <Trouble error={query.error} retry={() => void query.refetch()} />
      ) : steps && said ? (
        <TimeChart
          shape={measure.shape}
          stacked={measure.adds}
          series={series}
          unit={measure.unit}
          since={steps.since}
          until={steps.until}
          stepMs={steps.stepMs}
          height={176}
          onBrush={brushRange}
          label={`${title}: ${measure.label}`}
        />
      ) : query.isPending ? (
        <div className="work-chart-wait" aria-hidden="true" />
      ) : (
        <p className="part-empty work-chart-empty">{t("Not reported in this range.")}</p>
      )}
    </WorkPart>
  );
}
