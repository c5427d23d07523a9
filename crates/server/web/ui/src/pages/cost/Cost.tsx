// Where does the money go, where is that leading, and what could be saved? Totals first, then over time, then every
// line of the ledger; below, what the sums do not say.

import "../../charts/charts.css";
import { useMemo, useState } from "react";
import type { CostAnalysis } from "../../api/money";
import { type Scope, useCostAnalysis, useStatus, useUsage } from "../../api/queries";
import { TeachToSend } from "../../components/FirstSteps";
import { PageHead, TopBar } from "../../components/PageTop";
import { Segments } from "../../components/Segments";
import { Failure, Loading, NothingMatches, Trouble } from "../../components/States";
import { GRAINS, type Grain, grainOf, type Measure } from "../../lib/buckets";
import { t } from "../../lib/i18n";
import { fullTime, minuteTime, rangeLabel, utcTime } from "../../lib/time";
import { fieldName, grainName } from "../../lib/words";
import { filterParams } from "../../state/filters";
import { useFollowing } from "../../state/follow";
import { rangeOf, setParams, usePlace } from "../../state/url";
import { CachePanel } from "./CachePanel";
import "./cost.css";
import {
  choose,
  chosenGrain,
  DIMENSIONS,
  type Dimension,
  dimensionTitle,
  groupByOf,
  MEASURES,
  measureTitle,
  readGroupBy,
} from "./dimensions";
import { ForecastPanel } from "./ForecastPanel";
import { Ledger } from "./Ledger";
import { OverTime } from "./OverTime";
import { Plans } from "./Plans";
import { RepricePanel } from "./Reprice";
import { SessionsPanel } from "./SessionsPanel";
import { SuggestionsPanel } from "./SuggestionsPanel";
import { Totals } from "./Totals";
import { Treemap } from "./Treemap";
import { UnpricedPanel } from "./UnpricedPanel";

/** The chosen bars, or those that suit the range: "all that is stored" may be one afternoon, then hours say more. */
function useGrain(scope: Scope, chosen: string | null, refetch: number | false): Grain {
  const picked = chosenGrain(chosen);
  const wide = grainOf(scope.range);
  const open = picked === null && wide === "day" && scope.range.preset === "all";
  const byDay = useUsage(scope, "day", refetch, open);
  if (picked) return picked;
  return open && byDay.data && byDay.data.groups.length <= 3 ? "hour" : wide;
}

/** The chart: bars over time, or a treemap of the whole range. */
const SHAPES = ["time", "shares"] as const;
type Shape = (typeof SHAPES)[number];

interface ControlsProps {
  dimension: Dimension;
  measure: Measure;
  grain: Grain;
  shape: Shape;
}

export function Cost() {
  const { params } = usePlace();
  const scope = useMemo<Scope>(() => ({ range: rangeOf(params), filters: filterParams(params) }), [params]);
  const refetch = useFollowing() ? 5_000 : false;
  const dimension = choose(params.get("by"), DIMENSIONS, "model");
  const measure = choose(params.get("measure"), ["cost", "tokens", "calls"] as const, "cost");
  const grain = useGrain(scope, params.get("per"), refetch);
  const shape = choose(params.get("chart"), SHAPES, "time");
  const query = useUsage(scope, groupByOf(dimension, grain), refetch);
  const analysis = useCostAnalysis(scope, grain, refetch);
  const status = useStatus();
  const [highlight, setHighlight] = useState<string | null>(null);
  const broken = analysis.isError && !analysis.data;

  const body = () => {
    if (query.isError && !query.data)
      return <Failure error={query.error} retry={() => void query.refetch()} />;
    if (query.isPending) return <Loading what={t("Calculating the cost")} />;
    if (query.data.total.llm_calls === 0) {
      return status.data?.store.spans === 0 ? (
        <TeachToSend what={t("cost")} />
      ) : (
        <NothingMatches what={t("LLM calls")} />
      );
    }
    return (
      <>
        <Totals total={query.data.total} analysis={analysis.data} />
        <section className="section" aria-label={t("Over time")}>
          <Controls dimension={dimension} measure={measure} grain={grain} shape={shape} />
          {shape === "shares" ? (
            <Treemap
              groups={query.data.groups}
              {...readGroupBy(query.data.groupBy, grain)}
              measure={measure}
              onHighlight={setHighlight}
            />
          ) : (
            <OverTime
              scope={scope}
              dimension={dimension}
              measure={measure}
              grain={grain}
              highlight={highlight}
              refetch={refetch}
            />
          )}
        </section>
        <Ledger
          groups={query.data.groups}
          total={query.data.total}
          {...readGroupBy(query.data.groupBy, grain)}
          measure={measure}
          onHighlight={setHighlight}
        />
        <AnalysisTime data={analysis.data} open={scope.range.preset === "all"} />
        <div className="cost-panels">
          {broken ? (
            <div className="cost-panels-trouble">
              <Trouble error={analysis.error} retry={() => void analysis.refetch()} />
            </div>
          ) : null}
          <div>
            {broken ? null : <ForecastPanel query={analysis} grain={grain} />}
            {broken ? null : <SessionsPanel query={analysis} />}
            <UnpricedPanel scope={scope} query={analysis} refetch={refetch} />
          </div>
          <div>
            {broken ? null : <CachePanel query={analysis} />}
            {broken ? null : <SuggestionsPanel query={analysis} />}
            <Plans scope={scope} refetch={refetch} />
            <RepricePanel scope={scope} />
          </div>
        </div>
      </>
    );
  };
  return (
    <>
      <TopBar />
      <PageHead title={t("Cost")}>
        <span>{rangeLabel(scope.range)}</span>
      </PageHead>
      <div className="page-body scrolls">{body()}</div>
    </>
  );
}

function Controls({ dimension, measure, grain, shape }: ControlsProps) {
  const { params } = usePlace();
  return (
    <div className="section-head cost-controls">
      <Segments
        label={t("Measure")}
        options={MEASURES.map((id) => ({ id, label: measureTitle(id) }))}
        value={measure}
        onPick={(id) => setParams({ sort: null, measure: id === "cost" ? null : id }, { replace: true })}
      />
      <label className="pick" title={dimensionTitle(dimension)}>
        <span>{t("by")}</span>
        <select
          className="field"
          aria-label={t("Group by")}
          value={dimension}
          onChange={({ target }) =>
            setParams({ sort: null, by: target.value === "model" ? null : target.value }, { replace: true })
          }
        >
          {DIMENSIONS.map((id) => (
            <option key={id} value={id}>
              {fieldName(id)}
            </option>
          ))}
        </select>
      </label>
      <label className="pick">
        <span>{t("per")}</span>
        <select
          className="field"
          aria-label={t("Bars")}
          value={chosenGrain(params.get("per")) ?? ""}
          onChange={({ target }) => setParams({ per: target.value || null }, { replace: true })}
        >
          <option value="">{t("auto ({grain})", { grain: grainName(grain) })}</option>
          {GRAINS.map((id) => (
            <option key={id} value={id}>
              {grainName(id)}
            </option>
          ))}
        </select>
      </label>
      <span className="push faint hint-wide">
        {shape === "time" ? t("Drag on the bars to zoom") : t("Click an area for its calls")}
      </span>
      <Segments
        label={t("Chart")}
        options={[
          { id: "time", label: t("Over time") },
          { id: "shares", label: t("Treemap") },
        ]}
        value={shape}
        onPick={(id) => setParams({ chart: id === "time" ? null : id }, { replace: true })}
      />
    </div>
  );
}

/** Without a beginning of the range, and with very many calls, what stands below is of the latest only: it says so. */
function AnalysisTime({ data, open }: { data: CostAnalysis | undefined; open: boolean }) {
  if (!data) return null;
  const late = data.rows_since && Date.parse(data.rows_since) > Date.parse(data.since) + 1000;
  if (!open && !late) return null;
  const since = late && data.rows_since ? data.rows_since : data.since;
  return (
    <p className="analysis-time faint" title={`${fullTime(since)}\n${utcTime(since)}`}>
      {t("The panels below use calls since {time}.", { time: minuteTime(since) })}{" "}
      {late ? t("Earlier calls are too many to read.") : ""}
    </p>
  );
}
