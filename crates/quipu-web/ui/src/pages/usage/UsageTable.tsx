// The ledger itself: one line a key, what could not be priced shown as that, the sum below.
import { useMemo } from "react";
import type { UsageGroup, UsageRow } from "../../api/types";
import { Link } from "../../components/Link";
import { Money, reasonsText, reasonText } from "../../components/Money";
import { keyOf, type Measure, measureOf, UNKNOWN } from "../../lib/buckets";
import {
  compareUsd,
  count,
  countsUpTo,
  duration,
  durationsUpTo,
  percent,
  plural,
  usdPlaces,
} from "../../lib/format";
import { fieldOf } from "../../state/filters";
import { href, usePlace } from "../../state/url";

interface Props {
  groups: readonly UsageGroup[];
  total: UsageRow;
  dimension: string;
  /** What the rows are ordered by and their bars show. */
  measure: Measure;
  named: readonly string[];
  onHighlight: (key: string | null) => void;
}

const MOST_ROWS = 200;

function mainReason(row: UsageRow): string {
  const [first] = Object.entries(row.unpriced_reasons ?? {}).sort((a, b) => b[1] - a[1]);
  return reasonText(first?.[0]);
}

function byMeasure(measure: Measure): (a: UsageRow, b: UsageRow) => number {
  const rest = (a: UsageRow, b: UsageRow) => b.tokens.total - a.tokens.total || b.llm_calls - a.llm_calls;
  if (measure === "cost") return (a, b) => compareUsd(b.cost_usd, a.cost_usd) || rest(a, b);
  return measure === "calls" ? (a, b) => b.llm_calls - a.llm_calls || rest(a, b) : rest;
}

export function UsageTable({ groups, total, dimension, measure, named, onHighlight }: Props) {
  const rows = useMemo(() => [...groups].sort(byMeasure(measure)), [groups, measure]);
  const places = Math.min(4, usdPlaces(rows.map((row) => row.cost_usd)));
  const most = rows[0] ? measureOf(rows[0], measure) : 0;
  const figures = useMemo(
    () => ({
      tokens: countsUpTo(total.tokens.total),
      durations: durationsUpTo(
        Math.max(
          0,
          ...[total, ...groups].flatMap((row) => [row.latency_ms.p50 ?? 0, row.latency_ms.p95 ?? 0]),
        ),
      ),
    }),
    [groups, total],
  );
  return (
    <div className="ledger-scroll">
      <table className="ledger">
        <thead>
          <tr>
            <th scope="col" className="ledger-key">
              {dimension}
            </th>
            <th scope="col" className="ledger-bar" aria-label={`Share of ${measure}`} />
            <th scope="col" className="end">
              Cost
            </th>
            <th scope="col" className="end">
              Calls
            </th>
            <th scope="col" className="end">
              Errors
            </th>
            <th scope="col" className="end">
              Input
            </th>
            <th scope="col" className="end">
              Cached
            </th>
            <th scope="col" className="end">
              Output
            </th>
            <th scope="col" className="end">
              Tokens
            </th>
            <th scope="col" className="end">
              p50
            </th>
            <th scope="col" className="end">
              p95
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, MOST_ROWS).map((row) => {
            const key = keyOf(row, dimension);
            const share = most > 0 ? measureOf(row, measure) / most : 0;
            return (
              <tr key={key} onPointerEnter={() => onHighlight(key)} onPointerLeave={() => onHighlight(null)}>
                <th scope="row">
                  <i
                    className={`swatch series-${named.includes(key) ? named.indexOf(key) : "rest"} by-${dimension}`}
                  />
                  <Key dimension={dimension} value={key} />
                </th>
                <td className="ledger-bar">
                  {measure === "cost" && row.cost_usd === null ? (
                    <Missing row={row} />
                  ) : (
                    <i
                      className={`series-${named.includes(key) ? named.indexOf(key) : "rest"} by-${dimension}`}
                      style={{ width: `${share * 100}%` }}
                    />
                  )}
                </td>
                <Amount row={row} places={places} />
                <Figures row={row} {...figures} />
              </tr>
            );
          })}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">
              {rows.length > MOST_ROWS
                ? `Total of ${count(rows.length)}, the first ${MOST_ROWS} shown`
                : "Total"}
            </th>
            <td className="ledger-bar">
              <Missing row={total} />
            </td>
            <Amount row={total} places={places} />
            <Figures row={total} {...figures} />
          </tr>
        </tfoot>
      </table>
    </div>
  );
}

function Key({ dimension, value }: { dimension: string; value: string }) {
  const { params } = usePlace();
  if (value === UNKNOWN) return <span className="nil">unknown</span>;
  const field = fieldOf(dimension);
  if (!field) return <span>{value}</span>;
  const rest = Object.fromEntries([...params].filter(([name]) => name !== "by" && name !== "measure"));
  return (
    <Link href={href("/traces", { ...rest, [field.name]: value })} title={`The traces of this ${dimension}`}>
      {value}
    </Link>
  );
}

function Amount({ row, places }: { row: UsageRow; places: number }) {
  const why = reasonsText(row.unpriced_reasons) || undefined;
  return (
    <td className="end figure">
      <Money
        value={row.cost_usd}
        places={places}
        reason={why ?? null}
        unpriced={row.unpriced_calls}
        used={row.unpriced_calls > 0 || row.tokens.total > 0}
      />
    </td>
  );
}

/** What the amount lacks, in words where there is no bar to draw. */
function Missing({ row }: { row: UsageRow }) {
  if (row.unpriced_calls === 0) return null;
  return (
    <span className="unpriced-note" title={reasonsText(row.unpriced_reasons) || undefined}>
      {row.cost_usd === null ? mainReason(row) : `without ${plural(row.unpriced_calls, "unpriced call")}`}
    </span>
  );
}

interface FiguresProps {
  row: UsageRow;
  tokens: (value: number) => string;
  durations: (ms: number | null) => string;
}

function Figures({ row, tokens: amount, durations }: FiguresProps) {
  const { tokens, latency_ms: latency } = row;
  return (
    <>
      <td className="end figure">{count(row.llm_calls)}</td>
      <td className={`end figure ${row.errors ? "failing" : "nil"}`}>{count(row.errors)}</td>
      <td className="end figure" title={`${count(tokens.input)} tokens`}>
        {amount(tokens.input)}
      </td>
      <td className="end figure muted" title={`${count(tokens.cache_read)} tokens read from the cache`}>
        {tokens.input > 0 ? percent(tokens.cache_read / tokens.input, 0) : "–"}
      </td>
      <td
        className="end figure"
        title={`${count(tokens.output)} tokens, of which ${count(tokens.reasoning)} reasoning`}
      >
        {amount(tokens.output)}
      </td>
      <td className="end figure" title={`${count(tokens.total)} tokens`}>
        {amount(tokens.total)}
      </td>
      <td className="end figure muted" title={duration(latency.p50)}>
        {durations(latency.p50)}
      </td>
      <td className="end figure muted" title={duration(latency.p95)}>
        {durations(latency.p95)}
      </td>
    </>
  );
}
