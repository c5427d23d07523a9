import { memo, type ReactNode } from "react";
import { Icon } from "../../components/Icon";
import { count, duration } from "../../lib/format";
import { t } from "../../lib/i18n";
import { hueOf } from "../../lib/kinds";
import { shortName } from "../../lib/names";
import type { Outline } from "../../lib/outline";
import type { PassSum, Repeat } from "../../lib/repeats";
import { type Interval, mergeClose, selfTime } from "../../lib/tree";
import { CostCell, sumTitle, TokenCell } from "./cells";

export interface RowLook {
  outline: Outline;
  tracks: string;
  /** Width of the bars' column in pixels; 0 leaves it to words. */
  width: number;
  from: number;
  to: number;
  /** Where spans that still run reach to. */
  horizon: number;
  /** The largest counted usage, the full length of a token bar. */
  most: number;
  places: number;
  durations: (ms: number | null) => string;
  showTokens: boolean;
  showCost: boolean;
  onOpen: (row: number) => void;
  onFold: (row: number) => void;
  onRepeat: (row: number) => void;
}

interface Props extends RowLook {
  row: number;
  /** Rows that have arrived, as far as this row's bar depends on it. */
  arrived: number;
  top: number;
  critical: Interval[] | undefined;
  folded: boolean;
  /** The run of equal steps that begins here. */
  repeat: Repeat | undefined;
  repeatOpen: boolean;
  /** Sums of the passes that a folded row stands for. */
  sum: PassSum | undefined;
  failedBelow: boolean;
  cursor: boolean;
  picked: boolean;
  hit: boolean;
  dimmed: boolean;
  /** Not begun at the time that is played. */
  later: boolean;
  /** Since when nothing was heard of a span that still runs, in words. */
  silent: string | null;
  runningFor: string | null;
}

const INDENT = 14;
const DEEPEST_INDENT = 16;

export const WaterfallRow = memo(function WaterfallRow(props: Props) {
  const { outline, row, folded } = props;
  const depth = outline.depth[row] ?? 0;
  const failed = outline.isFailed(row);
  const kind = outline.kind(row);
  const indent = Math.min(depth, DEEPEST_INDENT) * INDENT;
  const name = outline.name(row);
  const label = labelOf(outline, row);
  const ms = outline.duration[row] ?? -1;
  const marks = [
    props.cursor ? "is-cursor" : "",
    props.picked ? "is-picked" : "",
    props.hit ? "is-hit" : "",
    props.dimmed ? "is-dimmed" : "",
    props.later ? "is-later" : "",
  ].join(" ");
  return (
    <div
      role="row"
      id={`span-row-${row}`}
      aria-level={depth + 1}
      aria-rowindex={row + 2}
      aria-expanded={outline.hasChildren(row) ? !folded : undefined}
      aria-selected={props.picked}
      className={`waterfall-row hue-${hueOf(kind)} ${marks}`}
      style={{ gridTemplateColumns: props.tracks, transform: `translateY(${props.top}px)` }}
      onClick={() => props.onOpen(row)}
    >
      <span className="span-name" role="gridcell" style={{ paddingLeft: 8 + indent }}>
        <i className="guides" style={{ width: indent }} aria-hidden="true" />
        {outline.hasChildren(row) ? (
          <button
            type="button"
            tabIndex={-1}
            className={folded ? "caret is-folded" : "caret"}
            aria-label={folded ? t("Unfold") : t("Fold")}
            onClick={(event) => {
              event.stopPropagation();
              props.onFold(row);
            }}
          >
            <Icon name="down" size={12} />
          </button>
        ) : (
          <i className="caret" />
        )}
        <span className="span-label" title={name}>
          {failed ? <span className="failing cross">✕ </span> : null}
          {label}
          {label === shortName(name) ? null : <span className="faint span-sub"> {shortName(name)}</span>}
        </span>
        {props.repeat ? (
          <Repeated {...props} repeat={props.repeat} />
        ) : props.sum ? (
          <span className="faint figure" title={t("Sum of {n} equal steps", { n: count(props.sum.times) })}>
            ×{count(props.sum.times)}
          </span>
        ) : null}
        {folded ? <span className="below">{count(outline.sizeOf(row) - 1)}</span> : null}
        {folded && props.failedBelow && !failed ? (
          <span className="failing cross" title={t("A failure below")}>
            ✕
          </span>
        ) : null}
        {props.silent ? (
          <span className="stuck" title={t("It may be stuck, or its end was never sent")}>
            {props.silent}
          </span>
        ) : null}
        {outline.isInferred(row) ? (
          <span
            className="inferred"
            title={t("This run has no span. It is inferred from the messages of calls")}
          >
            {t("inferred")}
          </span>
        ) : null}
        <span className="kind">{kind}</span>
      </span>
      {props.width > 0 ? <Bars {...props} /> : <Words outline={outline} row={row} />}
      <span
        className="end figure"
        role="gridcell"
        title={
          props.sum ? sumTitle(props.sum, duration(props.sum.duration)) : ms < 0 ? undefined : duration(ms)
        }
      >
        {props.sum ? (
          props.durations(props.sum.duration)
        ) : ms < 0 ? (
          <span className="running-text" title={t("still running")}>
            {props.runningFor ?? t("running")}
          </span>
        ) : (
          props.durations(ms)
        )}
      </span>
      {props.showTokens ? (
        <TokenCell outline={outline} row={row} most={props.most} sum={props.sum} role="gridcell" />
      ) : null}
      {props.showCost ? (
        <span className="end figure" role="gridcell">
          <CostCell outline={outline} row={row} places={props.places} sum={props.sum} />
        </span>
      ) : null}
    </div>
  );
});

/** How often the steps from this row on repeat, and the way to show or hide the further ones. */
function Repeated(props: Props & { repeat: Repeat }) {
  const { outline, row, repeat, repeatOpen } = props;
  const n = count(repeat.times);
  const hint = repeatOpen
    ? t("{n} equal steps in a row. Click to fold them", { n })
    : t("{n} equal steps in a row, {time} in total. Click to show them", {
        n,
        time: duration(spanned(props)),
      });
  return (
    <button
      type="button"
      tabIndex={-1}
      className={repeatOpen ? "repeat is-open" : "repeat"}
      aria-expanded={repeatOpen}
      aria-label={hint}
      title={hint}
      onClick={(event) => {
        event.stopPropagation();
        props.onRepeat(row);
      }}
    >
      ×{n}
      {!repeatOpen && outline.isFailed(row) ? <span className="failing cross"> ✕</span> : null}
    </button>
  );
}

/** From the start of the first step to the end of the last, in milliseconds. */
function spanned({ outline, row, repeat, horizon }: Props & { repeat: Repeat }): number {
  let end = 0;
  for (let at = row; at < repeat.end; at += outline.sizeOf(at))
    end = Math.max(end, outline.endOf(at, horizon));
  return end - outline.startOf(row);
}

const CALLS = new Set(["llm", "embedding", "rerank"]);

/** What a row is called: a call by its model and a tool run by its tool, any other span by its name. */
export function labelOf(outline: Outline, row: number): string {
  const kind = outline.kind(row);
  const word = CALLS.has(kind)
    ? outline.word("model", row)
    : kind === "tool"
      ? outline.word("tool", row)
      : null;
  return word ?? shortName(outline.name(row));
}

/** What the tree says in place of bars: who did it with what. */
function Words({ outline, row }: { outline: Outline; row: number }) {
  const said: ReactNode[] = [];
  for (const field of ["model", "tool", "agent"] as const) {
    const word = outline.word(field, row);
    if (word && labelOf(outline, row) !== word) said.push(word);
  }
  return (
    <span className="row-words muted" role="gridcell">
      {said.join(" · ")}
    </span>
  );
}

const BAR_TOP = 8;
const BAR = 12;

const piece = (x: number, end: number, top: number, height: number) =>
  `M${x.toFixed(1)} ${top}H${end.toFixed(1)}V${top + height}H${x.toFixed(1)}Z`;

/** Starts and ends of the further steps that a folded run hides. */
function hiddenSteps({ outline, repeat, repeatOpen, horizon }: Props): Interval[] {
  if (!repeat || repeatOpen) return [];
  const steps: Interval[] = [];
  for (let at = repeat.second; at < repeat.end; at += outline.sizeOf(at))
    steps.push([outline.startOf(at), outline.endOf(at, horizon)]);
  return steps;
}

function Bars(props: Props) {
  const { outline, row, from, to, horizon, width, critical } = props;
  const start = outline.startOf(row);
  const end = outline.endOf(row, horizon);
  const hidden = hiddenSteps(props);
  const last = hidden.reduce((latest, [, until]) => Math.max(latest, until), end);
  if (last < from || start > to) return <span className="track" role="gridcell" />;
  const scale = width / (to - from);
  const at = (time: number) => (Math.min(to, Math.max(from, time)) - from) * scale;
  const x = at(start);
  const right = Math.max(x + 2, at(end));
  const inferred = outline.isInferred(row);
  const hollow = inferred || (outline.counted[row] === 0 && outline.tokens(row) > 0);
  const running = outline.isRunning(row);
  const visible = (interval: Interval) => interval[1] >= from && interval[0] <= to;
  const drawn = (intervals: readonly Interval[], top: number, height: number) =>
    mergeClose(intervals.filter(visible), 1 / scale)
      .map(([a, b]) => piece(at(a), Math.max(at(b), at(a) + (b === a ? 0 : 1.5)), top, height))
      .join("");
  const token = outline.firstToken[row] ?? -1;
  const tokenAt = token > 0 ? at(start + token) : -1;
  return (
    <span className="track" role="gridcell">
      <svg width={width} height={28} aria-hidden="true">
        {hidden.length > 0 ? <path className="bar-wait" d={drawn(hidden, BAR_TOP, BAR)} /> : null}
        {hollow ? (
          <rect
            className={inferred ? "bar-hollow is-inferred" : "bar-hollow"}
            x={x + 0.75}
            y={BAR_TOP + 0.75}
            width={Math.max(1, right - x - 1.5)}
            height={BAR - 1.5}
            rx={1.5}
          />
        ) : (
          <>
            <path className="bar-wait" d={piece(x, right, BAR_TOP, BAR)} />
            <path
              className={running ? "bar-own is-running" : "bar-own"}
              d={drawn(selfTime(outline, row, horizon, 0.5 / scale), BAR_TOP, BAR)}
            />
          </>
        )}
        {tokenAt > x + 2 && tokenAt < right - 1 ? (
          <path className="bar-token" d={piece(tokenAt, tokenAt + 1.5, BAR_TOP, BAR)} />
        ) : null}
        {outline.isFailed(row) ? (
          <rect
            className="bar-failed"
            x={x - 1.5}
            y={BAR_TOP - 1.5}
            width={right - x + 3}
            height={BAR + 3}
            rx={2.5}
          />
        ) : null}
        {critical ? <path className="bar-path" d={drawn(critical, 24, 2)} /> : null}
      </svg>
      {running && right >= at(horizon) - 1 ? <i className="bar-open" style={{ left: right - 28 }} /> : null}
    </span>
  );
}
