// Page of SQL: a statement, its result, and the tables.
import "../../styles/parts.css";
import "./sql.css";
import { type KeyboardEvent, useRef, useState } from "react";
import { Problem } from "../../api/client";
import { type SqlResult, type SqlSchema, type SqlValue, useSql, useSqlSchema } from "../../api/sql";
import { Link } from "../../components/Link";
import { PageHead } from "../../components/Shell";
import { Loading, Trouble } from "../../components/States";
import { t } from "../../lib/i18n";
import { type SqlChoice, sqlChoices, sqlCsv, wordAt } from "../../lib/sql";
import { download } from "../dashboards/file";

const FIRST = `SELECT model, count(*) AS calls, usd_sum(cost_usd) AS cost, p95(duration_ms) AS p95_ms
FROM calls
WHERE started_at > ago('1d')
GROUP BY model
ORDER BY usd_sum(cost_usd) COLLATE usd DESC`;
/** Rows that are drawn; the file has all. */
const SHOWN = 500;
/** The statement stays while the reader looks at other pages. */
let kept = FIRST;

export function Sql() {
  const schema = useSqlSchema();
  const sql = useSql();
  const run = () => sql.mutate(kept);
  return (
    <>
      <PageHead title={t("SQL")}>
        {sql.data ? (
          <button
            type="button"
            className="button"
            onClick={() => download("result.csv", sqlCsv(sql.data), "text/csv")}
          >
            {t("Save as CSV")}
          </button>
        ) : null}
      </PageHead>
      <div className="page-body scrolls">
        <div className="sql">
          <Editor schema={schema.data} run={run} busy={sql.isPending} error={sql.error} />
          {sql.isPending ? <Loading what={t("Loading …")} /> : null}
          {sql.error ? <Trouble error={sql.error} /> : null}
          {sql.data && !sql.isPending ? <Result result={sql.data} /> : null}
          {schema.data ? <Tables schema={schema.data} /> : null}
        </div>
      </div>
    </>
  );
}

interface EditorProps {
  schema: SqlSchema | undefined;
  run: () => void;
  busy: boolean;
  error: unknown;
}

function Editor({ schema, run, busy, error }: EditorProps) {
  const [text, setText] = useState(kept);
  const [choices, setChoices] = useState<SqlChoice[]>([]);
  const [at, setAt] = useState(0);
  const area = useRef<HTMLTextAreaElement>(null);
  const write = (next: string, caret: number) => {
    kept = next;
    setText(next);
    setAt(0);
    setChoices(schema ? sqlChoices(next, caret, schema) : []);
  };
  const take = (choice: SqlChoice) => {
    const caret = area.current?.selectionStart ?? text.length;
    const { from } = wordAt(text, caret);
    write(text.slice(0, from) + choice.text + text.slice(caret), from + choice.text.length);
    setChoices([]);
    requestAnimationFrame(() => {
      area.current?.focus();
      area.current?.setSelectionRange(from + choice.text.length, from + choice.text.length);
    });
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      setChoices([]);
      run();
    } else if (choices.length > 0 && (event.key === "Tab" || event.key === "Enter")) {
      event.preventDefault();
      const choice = choices[at];
      if (choice) take(choice);
    } else if (choices.length > 0 && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : choices.length - 1;
      setAt((at + step) % choices.length);
    } else if (event.key === "Escape" && choices.length > 0) {
      event.preventDefault();
      event.stopPropagation();
      setChoices([]);
    }
  };
  const position = error instanceof Problem ? error.position : null;
  return (
    <section aria-label={t("Statement")}>
      <textarea
        ref={area}
        className="sql-text mono"
        aria-label={t("Statement")}
        aria-invalid={error ? true : undefined}
        rows={Math.min(16, Math.max(5, text.split("\n").length + 1))}
        spellCheck={false}
        value={text}
        onChange={(event) => write(event.target.value, event.target.selectionStart)}
        onKeyDown={pressed}
        onBlur={() => setChoices([])}
      />
      {choices.length > 0 ? (
        <ul className="sql-choices" aria-label={t("Completions")}>
          {choices.map((choice, index) => (
            <li key={`${choice.kind} ${choice.text}`}>
              <button
                type="button"
                className={index === at ? "is-chosen" : ""}
                onMouseDown={(event) => {
                  event.preventDefault();
                  take(choice);
                }}
              >
                <span className="mono">{choice.text}</span>
                <span className="muted">{choice.about}</span>
              </button>
            </li>
          ))}
        </ul>
      ) : null}
      <p className="sql-actions">
        <button type="button" className="button" disabled={busy || text.trim() === ""} onClick={run}>
          {t("Run")}
        </button>
        <span className="muted">{t("Ctrl+Enter runs the statement. Tab completes a name.")}</span>
        {position !== null ? (
          <button
            type="button"
            className="quiet-button"
            onClick={() => {
              area.current?.focus();
              const [caret] = [[...text].slice(0, position).join("").length];
              area.current?.setSelectionRange(caret ?? 0, (caret ?? 0) + 1);
            }}
          >
            {t("Go to the error")}
          </button>
        ) : null}
      </p>
    </section>
  );
}

function Cell({ name, value }: { name: string; value: SqlValue }) {
  if (value === null) return <span className="faint">–</span>;
  const text = String(value);
  if (name === "trace_id" && /^[0-9a-f]{32}$/.test(text))
    return <Link href={`/traces/${text}`}>{text.slice(0, 12)}</Link>;
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

function Result({ result }: { result: SqlResult }) {
  const shown = result.rows.slice(0, SHOWN);
  const isFigure = (at: number) => ["integer", "real"].includes(result.columns[at]?.type ?? "");
  return (
    <section aria-label={t("Result")}>
      <p className="muted">
        {t("{n} rows", { count: result.rows.length, n: result.rows.length })}
        {result.truncated ? ` · ${t("Further rows are left out because of a limit.")}` : ""}
        {result.rows.length > SHOWN ? ` · ${t("The first {n} are shown.", { n: SHOWN })}` : ""}
      </p>
      <div className="sql-result">
        <table className="slip rows">
          <thead>
            <tr>
              {result.columns.map(({ name }, at) => (
                <th key={`${at} ${name}`} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row, number) => (
              <tr key={number}>
                {row.map((value, at) => (
                  <td key={`${at} ${result.columns[at]?.name}`} className={isFigure(at) ? "figure" : ""}>
                    <Cell name={result.columns[at]?.name ?? ""} value={value} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Tables({ schema }: { schema: SqlSchema }) {
  return (
    <section aria-label={t("Tables")}>
      <h2>{t("Tables")}</h2>
      {schema.tables.map((table) => (
        <details key={table.name}>
          <summary>
            <span className="mono">{table.name}</span> <span className="muted">{table.about}</span>
          </summary>
          <dl className="sql-columns">
            {table.columns.map((column) => (
              <div key={column.name}>
                <dt className="mono">{column.name}</dt>
                <dd>
                  <span className="faint">{column.type}</span> {column.about}
                </dd>
              </div>
            ))}
          </dl>
        </details>
      ))}
    </section>
  );
}
