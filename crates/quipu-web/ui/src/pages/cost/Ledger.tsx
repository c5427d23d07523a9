// The ledger itself: one line a key, what could not be priced shown as that, the sum below.
import { useMemo, useState } from "react";
import type { UsageGroup, UsageRow } from "../../api/types";
import { Link } from "../../components/Link";
import { Money, reasonsText, reasonText } from "../../components/Money";
import { barEnd, type Grain, keyOf, type Measure, measureOf, rankKeys, UNKNOWN } from "../../lib/buckets";
import {
  compareUsd,
  count,
  countsUpTo,
  duration,
  durationsUpTo,
  percent,
  plural,
  usd,
  usdExact,
  usdPixels,
  usdPlaces,
} from "../../lib/format";
import { minuteTime, utcDay, utcMonth, utcTime } from "../../lib/time";
import { fieldOf } from "../../state/filters";
import { href, usePlace } from "../../state/url";
import { type Dimension, groupByOf, NAMED, seriesClass } from "./dimensions";

interface Props {
  groups: readonly UsageGroup[];
  total: UsageRow;
  dimension: Dimension;
  grain: Grain;
  /** What the rows are ordered by and their bars show. */
  measure: Measure;
  onHighlight: (key: string | null) => void;
}

/** Rows before "show all". */
const FIRST_ROWS = 12;
/** Rows that a page draws at most. */
const MOST_ROWS = 500;

function mainReason(row: UsageRow): string {
  const [first] = Object.entries(row.unpriced_reasons ?? {}).sort((a, b) => b[1] - a[1]);
  return reasonText(first?.[0]);
}

function byMeasure(measure: Measure): (a: UsageRow, b: UsageRow) => number {
  const rest = (a: UsageRow, b: UsageRow) => b.tokens.total - a.tokens.total || b.llm_calls - a.llm_calls;
  if (measure === "cost") return (a, b) => compareUsd(b.cost_usd, a.cost_usd) || rest(a, b);
  return measure === "calls" ? (a, b) => b.llm_calls - a.llm_calls || rest(a, b) : rest;
}

export function Ledger({ groups, total, dimension, grain, measure, onHighlight }: Props) {
  const [all, setAll] = useState(false);
  const by = groupByOf(dimension, grain);
  const rows = useMemo(() => {
    const latest = (a: UsageGroup, b: UsageGroup) => (keyOf(a, by) < keyOf(b, by) ? 1 : -1);
    return [...groups].sort(dimension === "time" ? latest : byMeasure(measure));
  }, [groups, measure, dimension, by]);
  const named = useMemo(() => rankKeys(groups, by, measure).slice(0, NAMED), [groups, by, measure]);
  const places = Math.min(4, usdPlaces(rows.map((row) => row.cost_usd)));
  const apart = total.subscription_usd
    ? Math.min(4, usdPlaces(rows.map((row) => row.subscription_usd)))
    : null;
  const most = Math.max(0, ...rows.map((row) => measureOf(row, measure)));
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
  const shown = rows.slice(0, all ? MOST_ROWS : FIRST_ROWS);
  return (
    <div className="ledger-scroll">
      <table className="ledger">
        <thead>
          <tr>
            <th scope="col" className="ledger-key">
              {dimension === "time" ? grain : dimension}
            </th>
            <th scope="col" className="ledger-bar" aria-label={`Share of ${measure}`} />
            <th scope="col" className="end">
              Cost
            </th>
            {apart === null ? null : (
              <th
                scope="col"
                className="end"
                title="Calls within a subscription at list prices; not billed, and not part of the cost"
              >
                List price
              </th>
            )}
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
          {shown.map((row) => {
            const key = keyOf(row, by);
            const share = most > 0 ? measureOf(row, measure) / most : 0;
            const series = seriesClass(dimension, named, key);
            return (
              <tr key={key} onPointerEnter={() => onHighlight(key)} onPointerLeave={() => onHighlight(null)}>
                <th scope="row" title={key === UNKNOWN ? undefined : key}>
                  {dimension === "time" ? null : <i className={`swatch ${series}`} />}
                  <Key dimension={dimension} grain={grain} value={key} />
                </th>
                <td className="ledger-bar">
                  {measure === "cost" && row.cost_usd === null ? (
                    <Missing row={row} />
                  ) : (
                    <i className={series} style={{ width: `${share * 100}%` }} />
                  )}
                </td>
                <Amount row={row} places={places} />
                {apart === null ? null : <ListPrice row={row} places={apart} />}
                <Figures row={row} {...figures} />
              </tr>
            );
          })}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">
              Total
              {rows.length > FIRST_ROWS ? (
                <button type="button" className="quiet-button ledger-more" onClick={() => setAll(!all)}>
                  {all
                    ? `first ${FIRST_ROWS} only`
                    : rows.length > MOST_ROWS
                      ? `show ${MOST_ROWS} of ${count(rows.length)}`
                      : `show all ${count(rows.length)}`}
                </button>
              ) : null}
            </th>
            <td className="ledger-bar">
              <Missing row={total} />
            </td>
            <Amount row={total} places={places} />
            {apart === null ? null : <ListPrice row={total} places={apart} />}
            <Figures row={total} {...figures} />
          </tr>
        </tfoot>
      </table>
    </div>
  );
}

function timeText(value: string, grain: Grain): string {
  const start = new Date(value);
  if (grain === "hour") return minuteTime(value);
  if (grain === "day") return utcDay(start);
  if (grain === "month") return utcMonth(start);
  return `${utcDay(start)} – ${utcDay(new Date(barEnd(start.getTime(), grain) - 1))}`;
}

function Key({ dimension, grain, value }: { dimension: Dimension; grain: Grain; value: string }) {
  const { params } = usePlace();
  if (value === UNKNOWN) return <span className="nil">unknown</span>;
  const rest = Object.fromEntries(
    [...params].filter(([name]) => !["by", "measure", "per", "range", "since", "until"].includes(name)),
  );
  if (dimension === "time") {
    const until = new Date(barEnd(Date.parse(value), grain)).toISOString();
    return (
      <Link
        href={href("/traces", { ...rest, range: null, since: value, until })}
        title={`The traces of this ${grain}, which began ${utcTime(value)}`}
      >
        {timeText(value, grain)}
      </Link>
    );
  }
  const field = fieldOf(dimension);
  const shown = dimension === "commit" && /^[0-9a-f]{40}$/.test(value) ? value.slice(0, 12) : value;
  if (!field) return <span>{shown}</span>;
  return (
    <Link
      href={href("/traces", { ...rest, [field.name]: value })}
      title={`${value}\nThe traces of this ${dimension}`}
    >
      {shown}
    </Link>
  );
}

function Amount({ row, places }: { row: UsageRow; places: number }) {
  const why = reasonsText(row.unpriced_reasons) || undefined;
  if (row.cost_usd === null && row.subscription_usd && row.unpriced_calls === 0) {
    return (
      <td className="end figure nil" title="All within a subscription: nothing is billed by the call">
        –
      </td>
    );
  }
  const deviating = row.deviating_calls ?? 0;
  return (
    <td className="end figure">
      {deviating > 0 ? (
        <i
          className="deviation-mark"
          title={`For ${plural(deviating, "call")} the sender reports another cost`}
        />
      ) : null}
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

function ListPrice({ row, places }: { row: UsageRow; places: number }) {
  const value = row.subscription_usd;
  if (!value || usdPixels(value) === 0) return <td className="end figure nil">–</td>;
  return (
    <td className="end figure apart-value" title={`${usdExact(value)} at list prices, within a subscription`}>
      {usd(value, places)}
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
