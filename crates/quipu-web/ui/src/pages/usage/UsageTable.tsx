// The ledger itself: one line a key, what could not be priced shown as that, the sum below.
import { useMemo } from "react";
import type { UsageGroup, UsageRow } from "../../api/types";
import { Link } from "../../components/Link";
import { Money, reasonsText, reasonText } from "../../components/Money";
import { keyOf, UNKNOWN } from "../../lib/buckets";
import {
  compact,
  compareUsd,
  count,
  duration,
  percent,
  plural,
  usdPixels,
  usdPlaces,
} from "../../lib/format";
import { fieldOf } from "../../state/filters";
import { href, usePlace } from "../../state/url";

interface Props {
  groups: readonly UsageGroup[];
  total: UsageRow;
  dimension: string;
  named: readonly string[];
  onHighlight: (key: string | null) => void;
}

const MOST_ROWS = 200;

function mainReason(row: UsageRow): string {
  const [first] = Object.entries(row.unpriced_reasons ?? {}).sort((a, b) => b[1] - a[1]);
  return reasonText(first?.[0]);
}

export function UsageTable({ groups, total, dimension, named, onHighlight }: Props) {
  const rows = useMemo(
    () => [...groups].sort((a, b) => compareUsd(b.cost_usd, a.cost_usd) || b.tokens.total - a.tokens.total),
    [groups],
  );
  const places = Math.min(4, usdPlaces(rows.map((row) => row.cost_usd)));
  const most = usdPixels(rows[0]?.cost_usd);
  return (
    <div className="ledger-scroll">
      <table className="ledger">
        <thead>
          <tr>
            <th scope="col" className="ledger-key">
              {dimension}
            </th>
            <th scope="col" className="end">
              Cost
            </th>
            <th scope="col" className="ledger-bar" aria-label="Share of cost" />
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
            const share = most > 0 ? usdPixels(row.cost_usd) / most : 0;
            return (
              <tr key={key} onPointerEnter={() => onHighlight(key)} onPointerLeave={() => onHighlight(null)}>
                <th scope="row">
                  <i
                    className={`swatch series-${named.includes(key) ? named.indexOf(key) : "rest"} by-${dimension}`}
                  />
                  <Key dimension={dimension} value={key} />
                </th>
                <Amount row={row} places={places} />
                <td className="ledger-bar">
                  {row.cost_usd === null ? null : (
                    <i
                      className={`series-${named.includes(key) ? named.indexOf(key) : "rest"} by-${dimension}`}
                      style={{ width: `${share * 100}%` }}
                    />
                  )}
                  {row.cost_usd === null ? <Missing row={row} /> : null}
                </td>
                <Figures row={row} />
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
            <Amount row={total} places={places} />
            <td className="ledger-bar">
              <Missing row={total} />
            </td>
            <Figures row={total} />
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
      <Money value={row.cost_usd} places={places} reason={why ?? null} unpriced={row.unpriced_calls} />
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

function Figures({ row }: { row: UsageRow }) {
  const { tokens, latency_ms: latency } = row;
  return (
    <>
      <td className="end figure">{count(row.llm_calls)}</td>
      <td className={`end figure ${row.errors ? "failing" : "nil"}`}>{count(row.errors)}</td>
      <td className="end figure" title={`${count(tokens.input)} tokens`}>
        {compact(tokens.input)}
      </td>
      <td className="end figure muted" title={`${count(tokens.cache_read)} tokens read from the cache`}>
        {tokens.input > 0 ? percent(tokens.cache_read / tokens.input, 0) : "–"}
      </td>
      <td
        className="end figure"
        title={`${count(tokens.output)} tokens, of which ${count(tokens.reasoning)} reasoning`}
      >
        {compact(tokens.output)}
      </td>
      <td className="end figure" title={`${count(tokens.total)} tokens`}>
        {compact(tokens.total)}
      </td>
      <td className="end figure muted">{duration(latency.p50)}</td>
      <td className="end figure muted">{duration(latency.p95)}</td>
    </>
  );
}
