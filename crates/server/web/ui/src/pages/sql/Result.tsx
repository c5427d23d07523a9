// A result: its chart, and its rows as a table.
import { useMemo } from "react";
import type { SqlResult } from "../../api/sql";
import { Segments } from "../../components/Segments";
import { t } from "../../lib/i18n";
import { chartsOf, type SqlChart } from "../../lib/sqlChart";
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

interface ResultProps {
  result: SqlResult;
  /** Saves all rows as a file. */
  save: () => void;
}

export function Result({ result, save }: ResultProps) {
  const { charts, chart } = useChart(result);
  return (
    <section aria-label={t("Result")}>
      {charts.length > 0 ? (
        <div className="sql-chart">
          <Segments
            label={t("Chart")}
            options={[...charts, "none" as const].map((id) => ({ id, label: chartName(id) }))}
            value={chart ?? "none"}
            onPick={(id) => setParams({ chart: id === charts[0] ? null : id }, { replace: true })}
          />
          {chart ? <ResultChart result={result} chart={chart} label={t("Result")} height={HEIGHT} /> : null}
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
      ) : null}
      <div className="sql-result">
        <SqlRows result={result} />
      </div>
    </section>
  );
}
