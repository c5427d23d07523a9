// A result: its chart, and its rows as a table.
import { useMemo } from "react";
import type { SqlResult } from "../../api/sql";
import { Segments } from "../../components/Segments";
import { t } from "../../lib/i18n";
import { chartsOf, drawnBy, type SqlChart, shapeOf } from "../../lib/sqlChart";
import { setParams, usePlace } from "../../state/url";
import { ResultChart } from "./ResultChart";
import { SHOWN, SqlRows } from "./Rows";

const HEIGHT = 260;

export const chartName = (chart: SqlChart | "none"): string =>
  ({
    line: t("line"),
    area: t("area"),
    bar: t("bar"),
    pie: t("pie"),
    stat: t("number"),
    none: t("no chart"),
  })[chart];

/** The chart that the address names if the result has it, else the best one; null without a chart. */
export function useChart(result: SqlResult | undefined): { charts: SqlChart[]; chart: SqlChart | null } {
  const { params } = usePlace();
  const charts = useMemo(() => (result ? chartsOf(result) : []), [result]);
  const named = params.get("chart");
  const chart = named === "none" ? null : (charts.find((one) => one === named) ?? charts[0] ?? null);
  return { charts, chart };
}

/** The names of the figures, if a chart draws one of several; the address names another than the first. */
function useFigure(result: SqlResult, chart: SqlChart | null) {
  const { params } = usePlace();
  const shape = useMemo(() => shapeOf(result), [result]);
  // A line without names draws every figure of one unit.
  const drawsOne = chart !== null && chart !== "stat" && (shape.time === null || shape.names.length > 0);
  const names = drawsOne ? shape.figures.map((at) => result.columns[at]?.name ?? "") : [];
  const figures = names.length > 1 && new Set(names).size === names.length ? names : [];
  const figure = figures.find((name) => name === params.get("figure")) ?? figures[0] ?? null;
  return { figures, figure, shape: useMemo(() => drawnBy(result, figure, shape), [result, figure, shape]) };
}

interface ResultProps {
  result: SqlResult;
  /** Saves all rows as a file. */
  save: () => void;
}

export function Result({ result, save }: ResultProps) {
  const { charts, chart } = useChart(result);
  const { figures, figure, shape } = useFigure(result, chart);
  return (
    <section aria-label={t("Result")}>
      {charts.length > 0 ? (
        <div className="sql-chart">
          <div className="sql-choose">
            <Segments
              label={t("Chart")}
              options={[...charts, "none" as const].map((id) => ({ id, label: chartName(id) }))}
              value={chart ?? "none"}
              onPick={(id) => setParams({ chart: id === charts[0] ? null : id }, { replace: true })}
            />
            {figure === null ? null : (
              <label className="pick">
                <select
                  className="field"
                  aria-label={t("Figure")}
                  value={figure}
                  onChange={({ target: { value } }) =>
                    setParams({ figure: value === figures[0] ? null : value }, { replace: true })
                  }
                >
                  {figures.map((name) => (
                    <option key={name} value={name}>
                      {name}
                    </option>
                  ))}
                </select>
              </label>
            )}
          </div>
          {chart ? (
            <ResultChart result={result} shape={shape} chart={chart} label={t("Result")} height={HEIGHT} />
          ) : null}
        </div>
      ) : null}
      <p className="muted">
        {t("{n} rows", { count: result.rows.length, n: result.rows.length })}
        {result.truncated ? ` · ${t("Further rows are left out because of a limit.")}` : ""}
        {result.rows.length > SHOWN ? ` · ${t("The first {n} are shown.", { n: SHOWN })}` : ""}
        {result.rows.length > 0 ? (
          <button type="button" className="quiet-button" onClick={save}>
            {t("Save as CSV")}
          </button>
        ) : null}
      </p>
      {result.rows.length === 0 ? (
        <p className="part-empty">{t("No row matches. Check the time range and the conditions.")}</p>
      ) : (
        <div className="sql-result">
          <SqlRows result={result} />
        </div>
      )}
    </section>
  );
}
