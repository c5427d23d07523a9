// The ledger itself: one line a key, what could not be priced shown as that, the sum below.

import { useMemo, useState } from "react";
import type { UsageGroup, UsageRow } from "../../api/types";
import { Link } from "../../components/Link";
import { Money, reasonsText, reasonText } from "../../components/Money";
import { SortHead } from "../../components/SortHead";
import { barEnd, type Grain, keyOf, type Measure, measureOf, rankKeys, UNKNOWN } from "../../lib/buckets";
import {
  count,
  countsUpTo,
  duration,
  durationsUpTo,
  percent,
  usd,
  usdExact,
  usdHeadline,
  usdPixels,
  usdPlaces,
} from "../../lib/format";
import { t } from "../../lib/i18n";
import { isField } from "../../lib/query";
import { minuteTime, utcDay, utcMonth, utcTime } from "../../lib/time";
import { estimatedText, fieldName, grainName, tokensText } from "../../lib/words";
import { filterHref } from "../../state/filters";
import { type Params, setParams, usePlace } from "../../state/url";
import { Num } from "../roster/parts";
import { callsBehind } from "./behind";
import { type Dimension, groupByOf, measureTitle, NAMED, seriesClass } from "./dimensions";
import { sortedRows } from "./order";

interface Props {
  groups: readonly UsageGroup[];
  total: UsageRow;
  dimension: Dimension;
  grain: Grain;
  /** What the rows are ordered by and their bars show. */
  measure: Measure;
  onHighlight: (key: string | null) => void;
}

/** The calls behind a row, with these parameters of their list. */
type To = (params?: Params) => string;

/** Rows before "show all". */
const FIRST_ROWS = 12;
/** Rows that a page draws at most. */
const MOST_ROWS = 500;

/** A name at the head of a column. */
const sentence = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

function mainReason(row: UsageRow): string {
  const [first] = Object.entries(row.unpriced_reasons ?? {}).sort((a, b) => b[1] - a[1]);
  return reasonText(first?.[0]);
}

export function Ledger({ groups, total, dimension, grain, measure, onHighlight }: Props) {
  const [all, setAll] = useState(false);
  const by = groupByOf(dimension, grain);
  const { params } = usePlace();
  const sort = params.get("sort") ?? (dimension === "time" ? "-key" : `-${measure}`);
  const onSort = (next: string) => setParams({ sort: next }, { replace: true });
  const rows = useMemo(() => sortedRows(groups, sort, by), [groups, sort, by]);
  const named = useMemo(() => rankKeys(groups, by, measure).slice(0, NAMED), [groups, by, measure]);
  const places = Math.min(4, usdPlaces(rows.map((row) => row.cost_usd)));
  const apart = total.subscription_usd
    ? Math.min(4, usdPlaces(rows.map((row) => row.subscription_usd)))
    : null;
  const guessed = (total.estimated?.calls ?? 0) > 0;
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
  const to =
    (key: string): To =>
    (params) =>
      callsBehind(dimension, key, grain, params);
  const toAll: To = (params) => filterHref("/calls", {}, params);
  return (
    <div className="ledger-scroll" role="region" aria-label={t("Ledger")} tabIndex={0}>
      <table className="ledger">
        <thead>
          <tr>
            <SortHead
              id="key"
              head={sentence(dimension === "time" ? grainName(grain) : fieldName(dimension))}
              className="ledger-key"
              ascending={dimension !== "time"}
              {...{ sort, onSort }}
            />
            <th scope="col" className="ledger-bar">
              <span className="sr-only">{t("Share of {measure}", { measure: measureTitle(measure) })}</span>
            </th>
            {columns(apart !== null, guessed).map((column) => (
              <SortHead key={column.id} className="end" {...{ ...column, sort, onSort }} />
            ))}
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
                <Amount row={row} places={places} to={to(key)} />
                {apart === null ? null : <ListPrice row={row} places={apart} to={to(key)} />}
                {guessed ? <Guess row={row} to={to(key)} /> : null}
                <Figures row={row} to={to(key)} {...figures} />
              </tr>
            );
          })}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">
              {t("Total")}
              {rows.length > FIRST_ROWS ? (
                <button type="button" className="quiet-button ledger-more" onClick={() => setAll(!all)}>
                  {all
                    ? t("first {n} only", { n: FIRST_ROWS })
                    : rows.length > MOST_ROWS
                      ? t("show {n} of {all}", { n: MOST_ROWS, all: count(rows.length) })
                      : t("show all {n}", { n: count(rows.length) })}
                </button>
              ) : null}
            </th>
            <td className="ledger-bar">
              <Missing row={total} />
            </td>
            <Amount row={total} places={places} to={toAll} />
            {apart === null ? null : <ListPrice row={total} places={apart} to={toAll} />}
            {guessed ? <Guess row={total} to={toAll} /> : null}
            <Figures row={total} to={toAll} {...figures} />
          </tr>
        </tfoot>
      </table>
    </div>
  );
}

function columns(listPrice: boolean, guessed: boolean): { id: string; head: string; title?: string }[] {
  const list = {
    id: "list",
    head: t("List price"),
    title: t("Calls within a subscription at list prices; not billed, and not part of the cost"),
  };
  const estimated = {
    id: "estimated",
    head: t("Estimated"),
    title: t("Calls without usage, estimated from their messages. No other figure has them."),
  };
  return [
    { id: "cost", head: t("Cost") },
    ...(listPrice ? [list] : []),
    ...(guessed ? [estimated] : []),
    { id: "calls", head: t("Calls") },
    { id: "errors", head: t("Errors") },
    { id: "input", head: t("Input") },
    { id: "cached", head: t("Cached") },
    { id: "output", head: t("Output") },
    { id: "tokens", head: t("Tokens") },
    { id: "p50", head: "p50" },
    { id: "p95", head: "p95" },
  ];
}

function timeText(value: string, grain: Grain): string {
  const start = new Date(value);
  if (grain === "hour") return minuteTime(value);
  if (grain === "day") return utcDay(start);
  if (grain === "month") return utcMonth(start);
  return `${utcDay(start)} – ${utcDay(new Date(barEnd(start.getTime(), grain) - 1))}`;
}

function Key({ dimension, grain, value }: { dimension: Dimension; grain: Grain; value: string }) {
  if (value === UNKNOWN) return <span className="faint">{t("unknown")}</span>;
  if (dimension === "time") {
    const until = new Date(barEnd(Date.parse(value), grain)).toISOString();
    return (
      <Link
        href={filterHref("/traces", {}, { range: null, since: value, until })}
        title={t("The traces of this {grain}, which began {time}", {
          grain: grainName(grain),
          time: utcTime(value),
        })}
      >
        {timeText(value, grain)}
      </Link>
    );
  }
  const shown = dimension === "commit" && /^[0-9a-f]{40}$/.test(value) ? value.slice(0, 12) : value;
  if (!isField(dimension)) return <span>{shown}</span>;
  return (
    <Link
      href={filterHref("/traces", { [dimension]: value })}
      title={`${value}\n${t("The traces of this {field}", { field: fieldName(dimension) })}`}
    >
      {shown}
    </Link>
  );
}

function Amount({ row, places, to }: { row: UsageRow; places: number; to: To }) {
  const why = reasonsText(row.unpriced_reasons) || undefined;
  if (row.cost_usd === null && row.subscription_usd && row.unpriced_calls === 0) {
    return (
      <td className="end figure nil" title={t("All within a subscription: nothing is billed by the call")}>
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
          title={t("For {n} calls the sender reports another cost", {
            count: deviating,
            n: count(deviating),
          })}
        />
      ) : null}
      <Link className="num" href={to({ sort: "-cost" })}>
        <Money
          value={row.cost_usd}
          places={places}
          reason={why ?? null}
          unpriced={row.unpriced_calls}
          used={row.unpriced_calls > 0 || row.tokens.total > 0}
        />
      </Link>
    </td>
  );
}

function ListPrice({ row, places, to }: { row: UsageRow; places: number; to: To }) {
  const value = row.subscription_usd;
  if (!value || usdPixels(value) === 0) return <td className="end figure nil">–</td>;
  return (
    <td
      className="end figure apart-value"
      title={t("{cost} at list price, within a subscription", { cost: usdExact(value) })}
    >
      <Link className="num" href={to({ state: "subscription", sort: "-cost" })}>
        {usd(value, places)}
      </Link>
    </td>
  );
}

/** What calls without usage are estimated to have cost. */
function Guess({ row, to }: { row: UsageRow; to: To }) {
  const of = row.estimated;
  if (!of || of.calls === 0) return <td className="end figure nil">–</td>;
  return (
    <td className="end figure apart-value" title={estimatedText(of)}>
      <Link className="num" href={to({ state: "estimated" })}>
        {of.cost_usd === null
          ? t("≈ {n} tokens", { n: count(of.tokens.total) })
          : `≈ ${usdHeadline(of.cost_usd)}`}
      </Link>
    </td>
  );
}

/** What the amount lacks, in words where there is no bar to draw. */
function Missing({ row }: { row: UsageRow }) {
  if (row.unpriced_calls === 0) return null;
  return (
    <span className="unpriced-note" title={reasonsText(row.unpriced_reasons) || undefined}>
      {row.cost_usd === null
        ? mainReason(row)
        : t("without {n} unpriced calls", { count: row.unpriced_calls, n: count(row.unpriced_calls) })}
    </span>
  );
}

interface FiguresProps {
  row: UsageRow;
  to: To;
  tokens: (value: number) => string;
  durations: (ms: number | null) => string;
}

function Figures({ row, to, tokens: amount, durations }: FiguresProps) {
  const { tokens, latency_ms: latency } = row;
  return (
    <>
      <td className="end figure">
        <Num value={row.llm_calls} to={to()} />
      </td>
      <td className="end figure">
        <Num value={row.errors} to={to({ state: "failed" })} failing />
      </td>
      <td className="end figure" title={tokensText(tokens.input)}>
        {amount(tokens.input)}
      </td>
      <td
        className="end figure muted"
        title={t("{n} tokens read from the cache", { count: tokens.cache_read, n: count(tokens.cache_read) })}
      >
        {tokens.input > 0 ? percent(tokens.cache_read / tokens.input, 0) : "–"}
      </td>
      <td
        className="end figure"
        title={t("{n} out ({reasoning} reasoning)", {
          n: count(tokens.output),
          reasoning: count(tokens.reasoning),
        })}
      >
        {amount(tokens.output)}
      </td>
      <td className="end figure" title={tokensText(tokens.total)}>
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
