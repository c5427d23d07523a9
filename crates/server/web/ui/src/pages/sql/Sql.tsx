// Page of SQL: a statement, its result as chart and table, and the tables.
import "../../styles/forms.css";
import "../../styles/parts.css";
import "./sql.css";
import { useEffect, useState } from "react";
import { useSql, useSqlSchema } from "../../api/sql";
import { useViews } from "../../api/views";
import { PageHead } from "../../components/PageTop";
import { RangePicker } from "../../components/RangePicker";
import { Loading, Trouble } from "../../components/States";
import { t } from "../../lib/i18n";
import { sqlCsv } from "../../lib/sql";
import { setParams, usePlace } from "../../state/url";
import { download } from "../dashboards/file";
import { Editor } from "./Editor";
import { Result, useChart } from "./Result";
import { Saved } from "./Saved";
import { Tables } from "./Tables";
import { UseMenu } from "./UseMenu";

const FIRST = `SELECT model, count(*) AS calls, usd_sum(cost_usd) AS cost, p95(duration_ms) AS p95_ms
FROM calls
WHERE started_at >= :since AND started_at < :until
GROUP BY model
ORDER BY usd_sum(cost_usd) COLLATE usd DESC`;
/** Longest statement that an address has. */
const IN_ADDRESS = 4_000;
/** The statement stays while the reader looks at other pages. */
let kept = FIRST;

/** The statement of the page: that of the address or of the saved query it names, until the reader edits it. */
function useStatement() {
  const { params } = usePlace();
  const [text, setText] = useState(params.get("statement") ?? kept);
  const views = useViews();
  const id = params.get("query");
  const saved = views.data?.find((view) => view.id === id && view.statement !== undefined);
  const given = params.get("statement") ?? saved?.statement;
  useEffect(() => {
    if (given !== undefined && given !== null) setText(given);
  }, [given]);
  kept = text;
  return { text, setText, saved };
}

export function Sql() {
  const schema = useSqlSchema();
  const sql = useSql();
  const { text, setText, saved } = useStatement();
  const { chart } = useChart(sql.data);
  const run = () => {
    const isSaved = saved?.statement === text;
    setParams(
      { statement: isSaved || text.length > IN_ADDRESS ? null : text, ...(isSaved ? {} : { query: null }) },
      { replace: true },
    );
    sql.mutate(text);
  };
  return (
    <>
      <PageHead
        title={t("SQL")}
        tools={
          <span className="form-actions">
            <Saved statement={text} present={saved} />
            <UseMenu statement={text} title={saved?.title ?? ""} chart={chart} />
            <RangePicker />
          </span>
        }
      >
        {saved ? (
          <span>
            {saved.statement === text ? saved.title : t("{title}, changed", { title: saved.title })}
          </span>
        ) : null}
      </PageHead>
      <div className="page-body scrolls">
        <div className="sql">
          <Editor
            schema={schema.data}
            text={text}
            change={setText}
            run={run}
            busy={sql.isPending}
            error={sql.error}
          />
          {sql.isPending ? <Loading what={t("Loading …")} /> : null}
          {sql.error ? <Trouble error={sql.error} /> : null}
          {sql.data && !sql.isPending ? (
            <Result result={sql.data} save={() => download("result.csv", sqlCsv(sql.data), "text/csv")} />
          ) : null}
          {schema.data ? <Tables schema={schema.data} /> : null}
          {schema.isError && !schema.data ? (
            <Trouble error={schema.error} retry={() => void schema.refetch()} />
          ) : null}
        </div>
      </div>
    </>
  );
}
