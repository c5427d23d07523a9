// A panel with a statement of SQL: asked for the range of the dashboard, drawn as the panel says.
import type { SqlResult } from "../../api/sql";
import { useSqlPanel } from "../../api/sql";
import { ChartEmpty, Charted } from "../../charts";
import { t } from "../../lib/i18n";
import { SQL_CHARTS } from "../../lib/sqlChart";
import { ResultChart } from "../sql/ResultChart";
import { SqlRows } from "../sql/Rows";
import type { PanelProps } from "./PanelBody";

export function SqlPanel({ panel, scope, refetch, height }: PanelProps & { height: number }) {
  const statement = panel.sql ?? "";
  const query = useSqlPanel(statement, scope.range, refetch !== false);
  if (statement.trim() === "")
    return <ChartEmpty height={height}>{t("Write a statement of SQL.")}</ChartEmpty>;
  return (
    <Charted
      query={query}
      height={height}
      empty={(result) => result.rows.length === 0}
      nothing={t("The statement has no rows.")}
    >
      {(result) => <Drawn panel={panel} result={result} height={height} />}
    </Charted>
  );
}

function Drawn({ panel, result, height }: Pick<PanelProps, "panel"> & { result: SqlResult; height: number }) {
  const chart = panel.type === "gauge" ? "gauge" : SQL_CHARTS.find((one) => one === panel.type);
  if (!chart)
    return (
      <div className="panel-scroll sql-result">
        <SqlRows result={result} />
      </div>
    );
  return (
    <div className="panel-scroll">
      <ResultChart
        result={result}
        chart={chart}
        label={panel.title}
        height={height}
        stacked={Boolean(panel.stacked)}
        target={panel.target}
      />
    </div>
  );
}
