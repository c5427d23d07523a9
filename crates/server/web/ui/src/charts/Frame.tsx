// What every chart has around it: a name, the same figures as a table, and its three states in the final shape.
import "./charts.css";
import type { UseQueryResult } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { Trouble } from "../components/States";
import { t } from "../lib/i18n";

export interface TableOf {
  columns: readonly string[];
  rows: readonly (readonly string[])[];
}

interface Props {
  label: string;
  height?: number | undefined;
  /** The figures of the chart in rows; worked out only when it is opened. */
  table: () => TableOf;
  legend?: ReactNode;
  children: ReactNode;
  className?: string;
}

/** A chart with its legend; one button turns it into a table and back. */
export function ChartFrame({ label, height, table, legend, children, className }: Props) {
  const [asTable, setAsTable] = useState(false);
  return (
    <figure className={className ? `chart ${className}` : "chart"} aria-label={label}>
      {asTable ? <ChartTable label={label} height={height} table={table()} /> : children}
      <figcaption className={legend ? "chart-foot" : "chart-foot is-bare"}>
        {legend}
        <button
          type="button"
          className="chart-as"
          aria-pressed={asTable}
          aria-label={
            asTable ? t("Show {label} as a chart", { label }) : t("Show {label} as a table", { label })
          }
          onClick={() => setAsTable(!asTable)}
        >
          {asTable ? t("View as chart") : t("View as table")}
        </button>
      </figcaption>
    </figure>
  );
}

function ChartTable({
  label,
  height,
  table,
}: {
  label: string;
  height?: number | undefined;
  table: TableOf;
}) {
  return (
    <div className="chart-table" role="region" aria-label={label} tabIndex={0} style={{ height }}>
      <table>
        <thead>
          <tr>
            {table.columns.map((name, index) => (
              <th key={index} scope="col" className={index > 0 ? "end" : undefined}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((row, index) => (
            <tr key={index}>
              {row.map((cell, column) =>
                column === 0 ? (
                  <th key={column} scope="row">
                    {cell}
                  </th>
                ) : (
                  <td key={column} className="figure end">
                    {cell}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Grey columns where the chart will be. */
export function ChartWait({ height = 200 }: { height?: number | undefined }) {
  return (
    <div className="chart-wait" style={{ height }} role="status" aria-label={t("Reading")}>
      {Array.from({ length: 24 }, (_, index) => (
        <i key={index} style={{ height: `${24 + ((index * 37) % 48)}%` }} />
      ))}
    </div>
  );
}

/** Nothing to draw, said where it would be. */
export function ChartEmpty({
  height = 200,
  children,
}: {
  height?: number | undefined;
  children?: ReactNode;
}) {
  return (
    <div className="chart-empty" style={{ height }}>
      <p>{children ?? t("No data in this range")}</p>
    </div>
  );
}

interface ChartedProps<T> {
  query: UseQueryResult<T>;
  height?: number;
  /** Whether there is nothing to draw. */
  empty?: (data: T) => boolean;
  /** What to say then. */
  nothing?: ReactNode;
  children: (data: T) => ReactNode;
}

/** A chart of what a query answers; what was there stays while the next answer is under way. */
export function Charted<T>({ query, height, empty, nothing, children }: ChartedProps<T>) {
  if (query.data !== undefined) {
    return empty?.(query.data) ? <ChartEmpty height={height}>{nothing}</ChartEmpty> : children(query.data);
  }
  if (query.isError) {
    return (
      <div className="chart-failed" style={{ minHeight: height ?? 120 }}>
        <Trouble error={query.error} retry={() => void query.refetch()} />
      </div>
    );
  }
  return <ChartWait height={height} />;
}
