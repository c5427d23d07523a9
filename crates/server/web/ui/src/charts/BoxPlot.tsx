// How values spread, one row a name: the box holds the middle half, the bar in it is the median, the whiskers reach from the
// smallest value to the 95th percentile, and the ring is the largest value.
import "./charts.css";
import { type CSSProperties, useMemo } from "react";
import { Link } from "../components/Link";
import { t } from "../lib/i18n";
import { boxScale } from "./boxes";
import { colourOf } from "./colour";
import type { BoxRow, Unit } from "./types";
import { boundText, formatUnit } from "./units";

interface Props {
  rows: readonly BoxRow[];
  unit: Unit;
  label?: string;
  /** What the rows are, as the head of their column. */
  what?: string;
}

export function BoxPlot({ rows, unit, label, what }: Props) {
  const { at, ticks } = useMemo(() => boxScale(rows), [rows]);
  const text = (value: number) => formatUnit(unit, value);
  return (
    <table className="box-plot" aria-label={label ?? t("Spread")}>
      <thead>
        <tr>
          <th scope="col">{what ?? <span className="sr-only">{t("Name")}</span>}</th>
          <th scope="col" className="box-scale" aria-label={t("Spread")}>
            <span>
              {ticks.map((tick) => (
                <i key={tick} style={{ left: `${at(tick)}%` }}>
                  {boundText(unit, tick)}
                </i>
              ))}
            </span>
          </th>
          <th scope="col" className="end">
            p50
          </th>
          <th scope="col" className="end wide-only">
            p95
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row, index) => (
          <tr key={row.name} style={{ "--c": colourOf(row.hue ?? "llm", index) } as CSSProperties}>
            <th scope="row" title={row.name}>
              {row.href ? <Link href={row.href}>{row.name}</Link> : row.name}
              {row.note ? <span className="faint"> {row.note}</span> : null}
            </th>
            <td>
              <span
                className="box-line"
                role="img"
                aria-label={t(
                  "{name}: {min} to {max}, middle half {p25} to {p75}, median {p50}, 95 of 100 within {p95}",
                  {
                    name: row.name,
                    min: text(row.min),
                    p25: text(row.p25),
                    p50: text(row.p50),
                    p75: text(row.p75),
                    p95: text(row.p95),
                    max: text(row.max),
                  },
                )}
                title={`min ${text(row.min)}\np25 ${text(row.p25)}\np50 ${text(row.p50)}\np75 ${text(row.p75)}\np95 ${text(row.p95)}\nmax ${text(row.max)}`}
              >
                {ticks.map((tick) => (
                  <i key={tick} className="box-tick" style={{ left: `${at(tick)}%` }} />
                ))}
                <i
                  className="box-whisker"
                  style={{ left: `${at(row.min)}%`, width: `${at(row.p95) - at(row.min)}%` }}
                />
                <i
                  className="box-body"
                  style={{ left: `${at(row.p25)}%`, width: `max(2px, ${at(row.p75) - at(row.p25)}%)` }}
                />
                <i className="box-end" style={{ left: `${at(row.p95)}%` }} />
                <i className="box-median" style={{ left: `${at(row.p50)}%` }} />
                <i className="box-far" style={{ left: `${at(row.max)}%` }} />
              </span>
            </td>
            <td className="figure end">{text(row.p50)}</td>
            <td className="figure end wide-only">{text(row.p95)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
