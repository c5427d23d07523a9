// Groups in rows with the figures that they have. What nobody reported in any row has no column.
import { useState } from "react";
import type { Answer, AskGroup } from "../../api/ask";
import type { DashboardPanel } from "../../api/dashboards";
import { boundsOf, figureOf, figureText, groupName, type Measure, minutesOf, unitOf } from "../../charts";
import { formatterOf } from "../../charts/units";
import { Link } from "../../components/Link";
import { usd, usdColumnPlaces } from "../../lib/format";
import { t } from "../../lib/i18n";
import { measureName } from "./model";

const COLUMNS: readonly Measure[] = ["count", "errors", "error_rate", "p50", "p95", "tokens", "cost"];

interface Props {
  answer: Answer;
  panel: DashboardPanel;
  measure: Measure;
  hrefOf: (group?: AskGroup) => string;
}

function columnsOf(answer: Answer, measure: Measure): Measure[] {
  const has = (column: Measure) => answer.groups.some((group) => (figureOf(group, column, 1) ?? 0) > 0);
  // Failures have failed, all of them.
  const said = (column: Measure) => answer.from === "failures" && /^error/.test(column);
  const rest = COLUMNS.filter((column) => column !== measure && has(column) && !said(column));
  return [measure, ...rest].slice(0, 6);
}

export function GroupTable({ answer, panel, measure, hrefOf }: Props) {
  const [sort, setSort] = useState<{ by: Measure; up: boolean }>({ by: measure, up: false });
  const minutes = minutesOf(boundsOf(answer));
  const columns = columnsOf(answer, measure);
  const by = columns.includes(sort.by) ? sort.by : measure;
  const rows = [...answer.groups].sort((a, b) => {
    const left = figureOf(a, by, minutes) ?? -1;
    const right = figureOf(b, by, minutes) ?? -1;
    return sort.up ? left - right : right - left;
  });
  const places = usdColumnPlaces(rows.map((row) => row.cost_usd));
  const cell = (group: AskGroup, column: Measure): string => {
    const value = figureOf(group, column, minutes);
    if (column === "cost" && group.cost_usd !== null)
      return `${group.unpriced_calls > 0 ? "≥ " : ""}${usd(group.cost_usd, Math.min(4, places))}`;
    if (value === null) return figureText(group, column, minutes, t("unpriced"));
    const peak = Math.max(...rows.map((row) => figureOf(row, column, minutes) ?? 0));
    return formatterOf(unitOf(column), peak)(value);
  };
  return (
    <div className="panel-scroll" role="group" aria-label={panel.title} tabIndex={0}>
      <table className="group-table">
        <thead>
          <tr>
            <th scope="col">{panel.group_by.join(" · ")}</th>
            {columns.map((column) => (
              <th
                key={column}
                scope="col"
                className="end"
                aria-sort={column === by ? (sort.up ? "ascending" : "descending") : "none"}
              >
                <button type="button" onClick={() => setSort({ by: column, up: column === by && !sort.up })}>
                  {measureName(column)}
                  {column === by ? <i aria-hidden="true">{sort.up ? " ↑" : " ↓"}</i> : null}
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((group) => {
            const name = groupName(group, t("unknown"), answer.group_by);
            return (
              <tr key={name}>
                <th scope="row" title={name}>
                  <Link href={hrefOf(group)}>{name}</Link>
                </th>
                {columns.map((column) => (
                  <td
                    key={column}
                    className={
                      (column === "errors" || column === "error_rate") &&
                      (figureOf(group, column, 1) ?? 0) > 0
                        ? "figure end failing"
                        : "figure end"
                    }
                  >
                    {cell(group, column)}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
      {answer.left_out > 0 ? (
        <p className="faint group-more">{t("and {n} more", { n: answer.left_out })}</p>
      ) : null}
    </div>
  );
}
