// Two runs compared: what the one did and the other did not, and what came out differently.
import "./diff.css";
import { useMemo, useRef, useState } from "react";
import { useOutline } from "../../api/outline";
import type { TraceSummary } from "../../api/types";
import { Icon } from "../../components/Icon";
import { Link } from "../../components/Link";
import { Failure, Loading } from "../../components/States";
import { alignTraces, type Change, type DiffRow } from "../../lib/diff";
import { count, duration, durationsUpTo, subtractUsd, usd, usdPlaces, usdSigned } from "../../lib/format";
import { t } from "../../lib/i18n";
import { hueOf } from "../../lib/kinds";
import { shortName } from "../../lib/names";
import { nanoUsd, type Outline } from "../../lib/outline";
import { fullTime } from "../../lib/time";
import { useKeys } from "../../state/keys";
import { back, href, setParams, usePlace } from "../../state/url";
import { ComparePicker } from "./ComparePicker";
import { PairPanel } from "./PairPanel";
import { useDrawnRows } from "./rows";
import { usePieces } from "./work";

const ROW = 28;
const HEAD = 32;

export function Diff({ left, right }: { left: string; right: string }) {
  const a = useOutline(left);
  const b = useOutline(right);
  if (a.error && !a.outline) return <Failure error={a.error} retry={a.reload} />;
  if (b.error && !b.outline) return <Failure error={b.error} retry={b.reload} />;
  if (!a.outline?.complete || !b.outline?.complete) return <Loading what={t("Reading both traces")} />;
  return <Compared left={a.outline} right={b.outline} />;
}

interface Both {
  left: Outline;
  right: Outline;
}

function Compared({ left, right }: Both) {
  const { params } = usePlace();
  // One key for both: another version of either is another comparison.
  const both = useMemo(() => ({ left, right }), [left, right]);
  const rows = usePieces(() => alignTraces(left, right), both);
  const only = params.get("all") === null;
  const shown = useMemo(() => rows?.filter((row) => !only || row.differs) ?? [], [rows, only]);
  const pickedAt = shown.findIndex(
    (row) =>
      (left.ids[row.left] ?? "") === (params.get("span") ?? "") &&
      (right.ids[row.right] ?? "") === (params.get("with") ?? ""),
  );
  const picked = shown[pickedAt];
  const pick = (row: DiffRow | undefined) =>
    setParams(
      { span: row ? (left.ids[row.left] ?? null) : null, with: row ? (right.ids[row.right] ?? null) : null },
      { replace: true },
    );
  const step = (by: number) => (event: KeyboardEvent) => {
    event.preventDefault();
    pick(shown[Math.max(0, Math.min(shown.length - 1, pickedAt + by))]);
  };
  useKeys({
    j: step(1),
    k: step(-1),
    ArrowDown: step(1),
    ArrowUp: step(-1),
    Escape: (event) => {
      event.preventDefault();
      if (picked) pick(undefined);
      else back(href(`/traces/${left.trace.trace_id}`));
    },
  });
  return (
    <>
      <Head left={left.trace} right={right.trace} />
      <div className="diff-bar">
        <Tally rows={rows} />
        <label className="diff-only push">
          <input
            type="checkbox"
            checked={only}
            onChange={() => setParams({ all: only ? "1" : null }, { replace: true })}
          />
          <span>{t("differences only")}</span>
        </label>
      </div>
      <div className={picked ? "diff-split has-pair" : "diff-split"}>
        {rows === null ? (
          <Loading what={t("Comparing")} />
        ) : shown.length === 0 ? (
          <div className="state">
            <h2>{t("Same steps")}</h2>
            <p className="state-text">
              {t("Both runs took the same steps with the same models, tokens and cost.")}
            </p>
            <button
              type="button"
              className="button"
              onClick={() => setParams({ all: "1" }, { replace: true })}
            >
              {t("Show all spans")}
            </button>
          </div>
        ) : (
          <Rows left={left} right={right} rows={shown} pickedAt={pickedAt} onPick={pick} />
        )}
        {picked ? (
          <PairPanel
            key={`${picked.left} ${picked.right}`}
            left={left}
            right={right}
            row={picked}
            onClose={() => pick(undefined)}
          />
        ) : null}
      </div>
    </>
  );
}

const signed = (value: number, text: (value: number) => string) =>
  value === 0 ? "±0" : `${value > 0 ? "+" : "−"}${text(Math.abs(value))}`;

function Head({ left, right }: { left: TraceSummary; right: TraceSummary }) {
  const whole = (trace: TraceSummary) => href(`/traces/${trace.trace_id}`);
  const money = usdPlaces([left.cost_usd, right.cost_usd]);
  const cost = (trace: TraceSummary) =>
    trace.cost_usd === null ? t("unpriced") : usd(trace.cost_usd, money);
  const difference = subtractUsd(right.cost_usd, left.cost_usd);
  const figures: [string, string, string, string][] = [
    [
      t("Duration"),
      left.duration_ms === null ? t("running") : duration(left.duration_ms),
      right.duration_ms === null ? t("running") : duration(right.duration_ms),
      left.duration_ms === null || right.duration_ms === null
        ? "–"
        : signed(right.duration_ms - left.duration_ms, duration),
    ],
    ...(
      [
        [t("Spans"), left.spans, right.spans],
        [t("LLM calls"), left.llm_calls, right.llm_calls],
        [t("Tool calls"), left.tool_calls, right.tool_calls],
        [t("Failed"), left.errors, right.errors],
        [t("Tokens"), left.tokens.total, right.tokens.total],
      ] as const
    ).map(
      ([name, a, b]) => [name, count(a), count(b), signed(b - a, count)] as [string, string, string, string],
    ),
    [t("Cost"), cost(left), cost(right), difference === null ? "–" : usdSigned(difference, money)],
  ];
  return (
    <header className="diff-head">
      <div className="trace-title">
        <Link
          className="icon-button"
          href={whole(left)}
          title={t("Back to the trace")}
          aria-label={t("Back to the trace")}
        >
          <Icon name="back" />
        </Link>
        <h1>{left.name === right.name ? left.name : `${left.name} → ${right.name}`}</h1>
        <span className="push" />
        <Link
          className="button"
          href={href(`/traces/${right.trace_id}`, { diff: left.trace_id })}
          title={t("Compare the other way round")}
        >
          <Icon name="swap" size={14} />
          <span>{t("Swap")}</span>
        </Link>
        <ComparePicker trace={left} />
      </div>
      <div className="scroll-x">
        <table className="diff-figures">
          <thead>
            <tr>
              <td />
              {figures.map(([name]) => (
                <th key={name} scope="col" className="end">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {([left, right] as const).map((trace, side) => (
              <tr key={trace.trace_id}>
                <th scope="row">
                  <b className="diff-side">{side === 0 ? "A" : "B"}</b>
                  <Link href={whole(trace)} className="figure">
                    {fullTime(trace.started_at)}
                  </Link>
                </th>
                {figures.map((figure) => (
                  <td key={figure[0]} className="figure end">
                    {figure[side + 1]}
                  </td>
                ))}
              </tr>
            ))}
            <tr className="diff-change">
              <th scope="row">{t("B against A")}</th>
              {figures.map((figure) => (
                <td key={figure[0]} className="figure end">
                  {figure[3]}
                </td>
              ))}
            </tr>
          </tbody>
        </table>
      </div>
    </header>
  );
}

function Tally({ rows }: { rows: readonly DiffRow[] | null }) {
  const sums: Record<Change, number> = { same: 0, changed: 0, added: 0, removed: 0 };
  for (const row of rows ?? []) sums[row.state] += 1;
  return (
    <p className="diff-tally">
      <span className="diff-mark is-added">+</span> {t("{n} only in B", { n: count(sums.added) })}
      <span className="diff-mark is-removed">−</span> {t("{n} only in A", { n: count(sums.removed) })}
      <span className="diff-mark is-changed">~</span> {t("{n} changed", { n: count(sums.changed) })}
      <span className="faint">{t("{n} identical", { n: count(sums.same) })}</span>
    </p>
  );
}

const MARKS: Record<Change, string> = { same: "", changed: "~", added: "+", removed: "−" };

function stateText(state: Change): string {
  switch (state) {
    case "added":
      return t("only in B");
    case "removed":
      return t("only in A");
    case "changed":
      return t("changed");
    case "same":
      return t("identical");
  }
}

interface RowsProps extends Both {
  rows: readonly DiffRow[];
  pickedAt: number;
  onPick: (row: DiffRow) => void;
}

function Rows({ left, right, rows, pickedAt, onPick }: RowsProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const drawn = useDrawnRows(scroller, rows.length, ROW, HEAD);
  const [seen, setSeen] = useState(-1);
  if (pickedAt >= 0 && pickedAt !== seen) {
    setSeen(pickedAt);
    queueMicrotask(() => drawn.scrollTo(pickedAt));
  }
  const durations = durationsUpTo(Math.max(left.last, right.last));
  const places = usdPlaces(
    [left, right].flatMap((outline) =>
      [...outline.cost]
        .filter((cost) => cost > 0)
        .slice(0, 500)
        .map(nanoUsd),
    ),
  );
  const items = [];
  for (let place = drawn.first; place < drawn.end; place += 1) {
    const row = rows[place];
    if (!row) continue;
    const [outline, at] = row.left >= 0 ? [left, row.left] : [right, row.right];
    items.push(
      <div
        key={drawn.slot(place)}
        role="row"
        aria-level={row.depth + 1}
        aria-rowindex={place + 2}
        aria-selected={place === pickedAt}
        className={`diff-row is-${row.state} hue-${hueOf(outline.kind(at))} ${place === pickedAt ? "is-picked" : ""}`}
        style={{ transform: `translateY(${place * ROW}px)` }}
        onClick={() => onPick(row)}
      >
        <span className="diff-mark" role="gridcell" title={stateText(row.state)}>
          {MARKS[row.state]}
          <span className="sr-only">{stateText(row.state)}</span>
        </span>
        <span className="diff-name" role="gridcell" style={{ paddingLeft: Math.min(row.depth, 14) * 14 }}>
          <i className="swatch fill" aria-hidden="true" />
          <Name left={left} right={right} row={row} />
        </span>
        <Cells left={left} right={right} row={row} durations={durations} places={places} />
      </div>,
    );
  }
  return (
    <div
      className="diff-rows"
      ref={scroller}
      role="treegrid"
      aria-label={t("Spans of both traces")}
      tabIndex={0}
    >
      <div className="diff-row diff-heads" role="row" aria-rowindex={1}>
        <span role="columnheader">
          <span className="sr-only">{t("Change")}</span>
        </span>
        <span role="columnheader" className="diff-name">
          {t("Span")}
        </span>
        {["A", "B", "Δ"].map((head) => (
          <span key={head} role="columnheader" className="end">
            {head}
          </span>
        ))}
        <span role="columnheader" className="end diff-wide">
          {t("Tokens")}
        </span>
        <span role="columnheader" className="end diff-wide">
          {t("Cost")}
        </span>
      </div>
      <div className="grid-body" role="rowgroup" style={{ height: rows.length * ROW }}>
        {items}
      </div>
    </div>
  );
}

function Name({ left, right, row }: Both & { row: DiffRow }) {
  const a = row.left >= 0 ? shortName(left.name(row.left)) : null;
  const b = row.right >= 0 ? shortName(right.name(row.right)) : null;
  const failed = (row.left >= 0 && left.isFailed(row.left)) || (row.right >= 0 && right.isFailed(row.right));
  return (
    <span className="span-label">
      {failed ? <span className="failing cross">✕ </span> : null}
      {a !== null && b !== null && a !== b ? (
        <>
          {a} <span className="faint">→</span> {b}
        </>
      ) : (
        (a ?? b)
      )}
    </span>
  );
}

interface CellsProps extends Both {
  row: DiffRow;
  durations: (ms: number | null) => string;
  places: number;
}

/** Time of both and its difference; tokens and cost as B against A. */
function Cells({ left, right, row, durations, places }: CellsProps) {
  const ms = (outline: Outline, at: number) => {
    const value = at < 0 ? -1 : (outline.duration[at] ?? -1);
    return value < 0 ? null : value;
  };
  const [a, b] = [ms(left, row.left), ms(right, row.right)];
  const tokens = (row.right < 0 ? 0 : right.tokens(row.right)) - (row.left < 0 ? 0 : left.tokens(row.left));
  const nano = (outline: Outline, at: number) => (at < 0 ? 0 : outline.cost[at] || 0);
  const cost = nano(right, row.right) - nano(left, row.left);
  const slower = a !== null && b !== null && b > a * 1.25 && b - a > 5;
  return (
    <>
      <span className="figure end" role="gridcell">
        {row.left < 0 ? "" : durations(a)}
      </span>
      <span className="figure end" role="gridcell">
        {row.right < 0 ? "" : durations(b)}
      </span>
      <span className={slower ? "figure end diff-slower" : "figure end muted"} role="gridcell">
        {a === null || b === null ? "" : signed(b - a, durations)}
      </span>
      <span className="figure end diff-wide muted" role="gridcell">
        {tokens === 0 ? "" : signed(tokens, count)}
      </span>
      <span className="figure end diff-wide muted" role="gridcell">
        {cost === 0 ? "" : signed(cost, (value) => usd(nanoUsd(value), places))}
      </span>
    </>
  );
}
