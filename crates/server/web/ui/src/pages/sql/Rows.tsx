// The rows of a result as a table.
import "./sql.css";
import type { SqlResult, SqlValue } from "../../api/sql";
import { Link } from "../../components/Link";
import { cellText } from "../../lib/sql";
import { shapeOf } from "../../lib/sqlChart";

/** Rows that are drawn; the file has all. */
export const SHOWN = 500;
/** Characters of a cell that are drawn. */
const CELL = 200;
/** Characters of a cell that a pointer shows. */
const TITLE = 1_000;

function Cell({ name, value }: { name: string; value: SqlValue }) {
  if (value === null) return <span className="faint">–</span>;
  const text = cellText(value);
  if (name === "trace_id" && /^[0-9a-f]{32}$/.test(text))
    return <Link href={`/traces/${text}`}>{text.slice(0, 12)}</Link>;
  return text.length > CELL ? `${text.slice(0, CELL)}…` : text;
}

export function SqlRows({ result }: { result: SqlResult }) {
  const shown = result.rows.slice(0, SHOWN);
  const figures = new Set(shapeOf({ ...result, rows: shown }).figures);
  const isFigure = (at: number) => figures.has(at);
  return (
    <table className="slip rows">
      <thead>
        <tr>
          {result.columns.map(({ name }, at) => (
            <th key={`${at} ${name}`} scope="col" className={isFigure(at) ? "end" : undefined}>
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {shown.map((row, number) => (
          <tr key={number}>
            {row.map((value, at) => (
              <td
                key={`${at} ${result.columns[at]?.name}`}
                className={isFigure(at) ? "figure" : ""}
                title={value === null ? undefined : String(value).slice(0, TITLE)}
              >
                <Cell name={result.columns[at]?.name ?? ""} value={value} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
