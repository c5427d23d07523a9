// Columns that the pages of agents, models, guardrails and users share.
import type { ReactNode } from "react";
import type { Spread } from "../../api/ask";
import { duration, usdPixels } from "../../lib/format";
import { t } from "../../lib/i18n";
import { ago, fullTime } from "../../lib/time";
import type { Scale } from "./kinds";
import { Failed, Nil, Num, SpreadBox } from "./parts";
import type { WorkColumn } from "./WorkTable";

/** Failed ones with their share, which open the traces with failures. */
export function failedColumn<Row extends { errors: number }>(
  of: (row: Row) => number,
  to: (row: Row) => string,
): WorkColumn<Row> {
  return {
    id: "errors",
    head: t("Errors"),
    end: true,
    least: 76,
    by: (row) => row.errors,
    cell: (row) => <Failed errors={row.errors} of={of(row)} to={to(row)} />,
  };
}

type SpreadOf<Row> = (row: Row) => Spread | null;

interface BoxOptions {
  head: string;
  title: string;
  scale: Scale;
  hue?: string;
  least: number;
  drop: number;
}

/** A box on the scale that all rows have. */
export function boxColumn<Row>(of: SpreadOf<Row>, options: BoxOptions): WorkColumn<Row> {
  const { scale, hue, ...column } = options;
  return {
    ...column,
    id: "box",
    grows: true,
    by: (row) => of(row)?.p50 ?? null,
    cell: (row) => <SpreadBox spread={of(row)} scale={scale} {...(hue ? { hue } : {})} />,
  };
}

/** A percentile; with `slowest` it opens the slowest traces. */
export function percentileColumn<Row>(
  id: "p50" | "p95",
  of: SpreadOf<Row>,
  options: { drop?: number; slowest?: { title: string; to: (row: Row) => string } } = {},
): WorkColumn<Row> {
  const { slowest, ...column } = options;
  const cell = (row: Row) => {
    const value = of(row)?.[id];
    if (value === undefined) return slowest ? <Nil /> : <span className="figure">{duration(value)}</span>;
    if (!slowest) return <span className="figure">{duration(value)}</span>;
    return <Num value={value} text={duration(value)} to={slowest.to(row)} title={slowest.title} />;
  };
  return { ...column, id, head: id, end: true, least: 66, by: (row) => of(row)?.[id] ?? null, cell };
}

/** What it cost, as the page draws it. */
export function costColumn<Row>(
  of: (row: Row) => string | null | undefined,
  cell: (row: Row) => ReactNode,
): WorkColumn<Row> {
  return {
    id: "cost",
    head: t("Cost"),
    end: true,
    least: 84,
    by: (row) => {
      const amount = of(row);
      return amount ? usdPixels(amount) : null;
    },
    cell: (row) => <span className="figure">{cell(row)}</span>,
  };
}

/** When it was seen last. */
export function lastColumn<Row>(
  head: string,
  of: (row: Row) => string | null,
  drop: number,
): WorkColumn<Row> {
  return {
    id: "last",
    head,
    end: true,
    least: 84,
    drop,
    by: of,
    cell: (row) => {
      const at = of(row);
      return (
        <span className="muted" title={at ? fullTime(at) : undefined}>
          {at ? ago(at) : "–"}
        </span>
      );
    },
  };
}
