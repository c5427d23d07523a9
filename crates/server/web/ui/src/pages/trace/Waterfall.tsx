// The trace as a tree over time. Self time is darker than waiting, the critical path is the accent line, counted
// usage is solid and repeated usage hollow. Rows are virtual, so the length of a trace does not matter.

import { type CSSProperties, type RefObject, useEffect, useMemo, useRef, useState } from "react";
import type { Path } from "../../lib/critical";
import { spansByHue } from "../../lib/digest";
import { count, duration } from "../../lib/format";
import { t } from "../../lib/i18n";
import type { Outline } from "../../lib/outline";
import { foldedRepeats, passSums, type Repeat } from "../../lib/repeats";
import { type Folds, type Interval, isFolded, placeOf, type Shown } from "../../lib/tree";
import { hueName } from "../../lib/words";
import { recall, remember } from "../../state/memory";
import { useMedia, useWidth } from "../../state/screen";
import type { Player, PlayState } from "./playback";
import { useDrawnRows } from "./rows";
import { TimeAxis, tickShare } from "./TimeAxis";
import { type RowLook, WaterfallRow } from "./WaterfallRow";

interface Props {
  outline: Outline;
  loaded: number;
  shown: Shown;
  folds: Folds;
  /** Runs of equal steps by their first row, and the first spans of those that are open. */
  repeats: ReadonlyMap<number, Repeat>;
  openRepeats: ReadonlySet<string>;
  onRepeat: (row: number) => void;
  failedBelow: Uint8Array;
  /** Length of the trace in milliseconds, where running spans reach to. */
  total: number;
  zoom: Interval | null;
  onZoom: (zoom: Interval | null) => void;
  path: Path | null;
  cursor: number;
  /** Counts up when the cursor has to be brought into view. */
  wanted: number;
  picked: number;
  hits: Int32Array | null;
  player: Player;
  play: PlayState;
  /** The row that began last, while it is played. */
  following: number;
  /** Without bars, for names and words only. */
  words: boolean;
  places: number;
  durations: (ms: number | null) => string;
  /** The clock in milliseconds, to say how long something runs. */
  now: number;
  onOpen: (row: number) => void;
  onFold: (row: number) => void;
}

const ROW = 28;
const HEAD = 32;
const NAME_LEAST = 140;
/** A span that runs and of which nothing was heard for so long may be stuck. */
export const STUCK_MS = 300_000;

export function Waterfall(props: Props) {
  const { outline, shown, total, zoom, player, words } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const width = useWidth(scroller);
  const layout = useLayout(width, words);
  const [from, to] = zoom ?? [0, total];
  const many = shown.rows.length + shown.coming;
  const drawn = useDrawnRows(scroller, many, ROW, HEAD);
  const { scrollTo } = drawn;

  const seen = useRef(-1);
  useEffect(() => {
    if (props.cursor < 0 || seen.current === props.wanted) return;
    seen.current = props.wanted;
    scrollTo(placeOf(shown.rows, props.cursor), "middle");
  }, [props.cursor, props.wanted, shown, scrollTo]);
  useEffect(() => {
    if (props.play.playing && props.following >= 0) scrollTo(placeOf(shown.rows, props.following), "middle");
  }, [props.play.playing, props.following, shown, scrollTo]);
  useWheelZoom(scroller, layout, { from, to, total, onZoom: props.onZoom });

  const look: RowLook = {
    outline,
    tracks: layout.tracks,
    width: words ? 0 : layout.track,
    from,
    to,
    horizon: total,
    most: outline.mostTokens,
    places: props.places,
    durations: props.durations,
    showTokens: layout.tokens,
    showCost: layout.cost,
    onOpen: props.onOpen,
    onFold: props.onFold,
    onRepeat: props.onRepeat,
  };
  const hits = useMemo(() => (props.hits ? new Set(props.hits) : null), [props.hits]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows that arrive add to the sums
  const sums = useMemo(
    () => passSums(outline, foldedRepeats(outline, props.repeats, props.openRepeats)),
    [outline, props.loaded, props.repeats, props.openRepeats],
  );
  const began = Date.parse(outline.trace.started_at);
  const rows = [];
  for (let place = drawn.first; place < drawn.end; place += 1) {
    const row = shown.rows[place];
    if (row === undefined) {
      rows.push(<Coming key={drawn.slot(place)} top={place * ROW} tracks={layout.tracks} />);
      continue;
    }
    const running = outline.isRunning(row);
    const silent = running ? props.now - began - outline.newsOf(row) : 0;
    rows.push(
      <WaterfallRow
        key={drawn.slot(place)}
        {...look}
        row={row}
        arrived={Math.min(row + outline.sizeOf(row), props.loaded)}
        top={place * ROW}
        critical={props.path?.get(row)}
        folded={isFolded(outline, row, props.folds)}
        repeat={props.repeats.get(row)}
        repeatOpen={props.openRepeats.has(outline.ids[row] ?? "")}
        sum={sums.get(row)}
        failedBelow={props.failedBelow[row] === 1}
        cursor={row === props.cursor}
        picked={row === props.picked}
        hit={hits?.has(row) ?? false}
        dimmed={hits !== null && !hits.has(row)}
        later={props.play.at !== null && outline.startOf(row) > props.play.at}
        silent={silent > STUCK_MS ? t("no data for {time}", { time: roughly(silent) }) : null}
        runningFor={
          running ? t("{time} …", { time: roughly(props.now - began - outline.startOf(row)) }) : null
        }
      />,
    );
  }
  const step = tickShare(to - from, layout.track) * (to - from);
  const scale = layout.track / (to - from);
  return (
    <div className="waterfall-box">
      <div
        className={layout.names < 220 ? "waterfall hides-kinds" : "waterfall"}
        ref={scroller}
        role="treegrid"
        aria-label={words ? t("Tree") : t("Waterfall")}
        aria-rowcount={many + 1}
        aria-activedescendant={props.cursor >= 0 ? `span-row-${props.cursor}` : undefined}
        tabIndex={0}
        style={
          {
            "--tick": `${step * scale}px`,
            "--tick-at": `${(Math.ceil(from / step - 1e-6) * step - from) * scale}px`,
          } as CSSProperties
        }
      >
        <div
          className="waterfall-head"
          role="row"
          aria-rowindex={1}
          style={{ gridTemplateColumns: layout.tracks }}
        >
          <span className="head-cell" role="columnheader">
            {t("Span")}
            <Splitter width={layout.names} onResize={layout.setNames} />
          </span>
          {words ? (
            <span className="head-cell row-words" role="columnheader">
              {t("Model, tool, agent")}
            </span>
          ) : (
            <span role="columnheader" aria-label={t("Time")}>
              <TimeAxis from={from} to={to} total={total} width={layout.track} onZoom={props.onZoom} />
            </span>
          )}
          <span className="head-cell end" role="columnheader">
            {t("Duration")}
          </span>
          {layout.tokens ? (
            <span className="head-cell end" role="columnheader">
              {t("Tokens")}
            </span>
          ) : null}
          {layout.cost ? (
            <span className="head-cell end" role="columnheader">
              {t("Cost")}
            </span>
          ) : null}
        </div>
        <div className="grid-body" role="rowgroup" style={{ height: many * ROW }}>
          {rows}
        </div>
      </div>
      {words ? null : <PlayVeil player={player} layout={layout} from={from} to={to} />}
      {layout.tokens ? <Legend outline={outline} loaded={props.loaded} words={words} /> : null}
    </div>
  );
}

/** A length in one unit, for what is still going on. */
function roughly(ms: number): string {
  if (ms < 60_000) return duration(Math.round(ms / 1000) * 1000).replace(/\.0+/, "");
  if (ms < 3_600_000) return t("{count} min", { count: Math.floor(ms / 60_000) });
  if (ms < 172_800_000) return t("{count} h", { count: Math.floor(ms / 3_600_000) });
  return t("{count} d", { count: Math.floor(ms / 86_400_000) });
}

interface Layout {
  names: number;
  setNames: (width: number) => void;
  /** Pixels for the bars. */
  track: number;
  tracks: string;
  tokens: boolean;
  cost: boolean;
}

const PADDING = 16;

function useLayout(width: number, words: boolean): Layout {
  const small = useMedia("(max-width: 719px)");
  const kept = words ? "tree-names" : "name-width";
  const [nameWidth, setNameWidth] = useState(Number(recall(kept)) || 0);
  const tokens = width >= 620;
  const cost = width >= 460;
  const figures = tokens ? [76, 76, 84] : cost ? [72, 80] : [68];
  const rest = figures.reduce((sum, figure) => sum + figure, PADDING);
  const share = words ? (small ? 0.6 : 0.48) : small ? 0.44 : 0.38;
  const names = Math.round(
    Math.min(
      nameWidth || Math.max(NAME_LEAST, Math.min(words ? 720 : 340, width * share)),
      Math.max(NAME_LEAST, width - rest - 60),
    ),
  );
  const track = Math.max(60, width - names - rest);
  return {
    names,
    track,
    tracks: `${names}px ${track}px ${figures.map((figure) => `${figure}px`).join(" ")}`,
    tokens,
    cost,
    setNames: (next) => {
      setNameWidth(next);
      remember(kept, String(Math.round(next)));
    },
  };
}

function Coming({ top, tracks }: { top: number; tracks: string }) {
  return (
    <div
      className="waterfall-row is-coming"
      aria-hidden="true"
      style={{ gridTemplateColumns: tracks, transform: `translateY(${top}px)` }}
    >
      <span className="span-name">
        <i className="coming" />
      </span>
    </div>
  );
}

/** Covers what has not happened yet at the time that is played. */
function PlayVeil(props: { player: Player; layout: Layout; from: number; to: number }) {
  const { player, layout, from, to } = props;
  const veil = useRef<HTMLElement>(null);
  useEffect(
    () =>
      player.follow((at) => {
        const element = veil.current;
        if (!element) return;
        element.style.visibility = at === null || at > to ? "hidden" : "visible";
        const share = Math.max(0, Math.min(1, ((at ?? 0) - from) / (to - from)));
        element.style.left = `${layout.names + share * layout.track}px`;
        element.style.width = `${(1 - share) * layout.track}px`;
      }),
    [player, layout.names, layout.track, from, to],
  );
  return <i ref={veil} className="play-veil" aria-hidden="true" />;
}

interface Window {
  from: number;
  to: number;
  total: number;
  onZoom: (zoom: Interval | null) => void;
}

/** Control and wheel zoom around the pointer, a sideways wheel moves the part in view. */
function useWheelZoom(scroller: RefObject<HTMLDivElement | null>, layout: Layout, window_: Window) {
  const latest = useRef({ layout, window: window_ });
  latest.current = { layout, window: window_ };
  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const onWheel = (event: WheelEvent) => {
      const { from, to, total, onZoom } = latest.current.window;
      const { names, track } = latest.current.layout;
      const length = to - from;
      const scales = event.ctrlKey || event.metaKey;
      const sideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
      if (!scales && (!sideways || length >= total * 0.999)) return;
      event.preventDefault();
      if (!scales) {
        const by = ((event.shiftKey ? event.deltaY || event.deltaX : event.deltaX) / track) * length;
        const start = Math.max(0, Math.min(total - length, from + by));
        onZoom([start, start + length]);
        return;
      }
      const share = (event.clientX - element.getBoundingClientRect().left - names) / track;
      const around = from + Math.max(0, Math.min(1, share)) * length;
      const next = Math.max(total / 1e6, Math.min(total, length * Math.exp(event.deltaY / 200)));
      if (next >= total * 0.999) return onZoom(null);
      const start = Math.max(0, Math.min(total - next, around - ((around - from) / length) * next));
      onZoom([start, start + next]);
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  }, [scroller]);
}

function Splitter({ width, onResize }: { width: number; onResize: (width: number) => void }) {
  const start = useRef<{ x: number; width: number } | null>(null);
  return (
    <i
      className="splitter"
      title={t("Drag to widen the names")}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        start.current = { x: event.clientX, width };
      }}
      onPointerMove={(event) => {
        if (start.current)
          onResize(Math.max(NAME_LEAST, start.current.width + event.clientX - start.current.x));
      }}
      onPointerUp={() => {
        start.current = null;
      }}
    />
  );
}

function Legend({ outline, loaded, words }: { outline: Outline; loaded: number; words: boolean }) {
  // biome-ignore lint/correctness/useExhaustiveDependencies: `loaded` says when the columns hold more
  const hues = useMemo(() => spansByHue(outline), [outline, loaded]);
  return (
    <div className="legend">
      {[...hues].map(([hue, number]) => (
        <span key={hue}>
          <i className={`swatch fill hue-${hue}`} />
          {hueName(hue)} <span className="figure faint">{count(number)}</span>
        </span>
      ))}
      {words ? null : (
        <span className="push" title={t("Time without a running child span")}>
          <i className="swatch-self" />
          {t("self time / waiting")}
        </span>
      )}
      {words ? null : (
        <span title={t("Critical path: the work that the end waits for")}>
          <i className="swatch-critical" />
          {t("critical path")}
        </span>
      )}
      <span
        className={words ? "push" : undefined}
        title={t("Usage that a parent repeats from its children: shown, never added")}
      >
        <i className="swatch-hollow" />
        {t("usage counted elsewhere")}
      </span>
    </div>
  );
}
