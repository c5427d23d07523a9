// The trace as a tree over time. Self time is darker than waiting, the critical path is the accent line, counted
// usage is solid and repeated usage hollow. Rows are virtual, so the length of a trace does not matter.
import { useVirtualizer } from "@tanstack/react-virtual";
import { type CSSProperties, type PointerEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { timeTicks } from "../../lib/buckets";
import { duration } from "../../lib/format";
import type { Interval, Node } from "../../lib/tree";
import { recall, remember } from "../../state/memory";
import { useMedia, useWidth } from "../../state/screen";
import { WaterfallRow } from "./WaterfallRow";

interface Props {
  rows: readonly Node[];
  total: number;
  mostTokens: number;
  /** Decimal places of the cost column. */
  places: number;
  /** How the duration column reads. */
  durations: (ms: number | null) => string;
  path: ReadonlyMap<string, Interval[]>;
  folded: ReadonlySet<string>;
  picked: string | null;
  found: ReadonlySet<string> | null;
  onPick: (spanId: string) => void;
  onFold: (spanId: string) => void;
  onEnd: () => void;
  footer: ReactNode;
}

const ROW = 28;
const NAME_LEAST = 140;

export function Waterfall(props: Props) {
  const { rows, total, picked, onEnd } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const width = useWidth(scroller);
  const small = useMedia("(max-width: 719px)");
  const [window_, setWindow] = useState<Interval | null>(null);
  const [nameWidth, setNameWidth] = useState(Number(recall("name-width")) || 0);
  const [from, to] = window_ ?? [0, Math.max(total, 1e-6)];
  const figures = width >= 620 ? "76px 76px 84px" : width >= 460 ? "72px 80px" : "68px";
  const names = Math.min(
    nameWidth || Math.max(NAME_LEAST, Math.min(340, width * (small ? 0.44 : 0.38))),
    Math.max(NAME_LEAST, width - 320),
  );
  const [tickShare, setTickShare] = useState(1);
  const tracks = `${names}px minmax(60px, 1fr) ${figures}`;

  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 16,
    scrollPaddingStart: 32,
  });
  const at = picked ? rows.findIndex((row) => row.span.span_id === picked) : -1;
  const seen = useRef<string | null>(null);
  useEffect(() => {
    if (at < 0 || seen.current === picked) return;
    seen.current = picked;
    virtual.scrollToIndex(at, { align: "auto" });
  }, [at, picked, virtual]);

  const items = virtual.getVirtualItems();
  const lastIndex = items[items.length - 1]?.index ?? 0;
  useEffect(() => {
    if (rows.length > 0 && lastIndex >= rows.length - 50) onEnd();
  }, [rows.length, lastIndex, onEnd]);

  return (
    <div
      className={names < 220 ? "waterfall hides-kinds" : "waterfall"}
      ref={scroller}
      role="treegrid"
      aria-label="Waterfall"
      aria-rowcount={rows.length}
      style={{ "--tick": `${tickShare * 100}%` } as CSSProperties}
    >
      <div className="waterfall-head" style={{ gridTemplateColumns: tracks }}>
        <span className="head-cell">
          Span
          <Splitter
            width={names}
            onResize={(next) => {
              setNameWidth(next);
              remember("name-width", String(Math.round(next)));
            }}
          />
        </span>
        <TimeAxis from={from} to={to} total={total} onZoom={setWindow} onTick={setTickShare} />
        <span className="head-cell end">Duration</span>
        {width >= 620 ? <span className="head-cell end">Tokens</span> : null}
        {width >= 460 ? <span className="head-cell end">Cost</span> : null}
      </div>
      <div className="grid-body" style={{ height: virtual.getTotalSize() }}>
        {items.map((item) => {
          const node = rows[item.index];
          if (!node) return null;
          const id = node.span.span_id;
          return (
            <WaterfallRow
              key={id}
              node={node}
              top={item.start}
              tracks={tracks}
              from={from}
              to={to}
              critical={props.path.get(id)}
              folded={props.folded.has(id)}
              picked={id === picked}
              dimmed={props.found !== null && !props.found.has(id)}
              mostTokens={props.mostTokens}
              places={props.places}
              durations={props.durations}
              showTokens={width >= 620}
              showCost={width >= 460}
              onPick={props.onPick}
              onFold={props.onFold}
            />
          );
        })}
      </div>
      {props.footer}
    </div>
  );
}

function Splitter({ width, onResize }: { width: number; onResize: (width: number) => void }) {
  const start = useRef<{ x: number; width: number } | null>(null);
  return (
    <i
      className="splitter"
      title="Drag to widen the names"
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

interface AxisProps {
  from: number;
  to: number;
  total: number;
  onZoom: (window: Interval | null) => void;
  /** The distance of two ticks as a share of the axis, for the lines behind the bars. */
  onTick: (share: number) => void;
}

/** A round time without the zeros that say nothing: 5 s, 2.5 s, 10 m. */
function axisLabel(ms: number): string {
  if (ms === 0) return "0";
  return duration(ms)
    .replace(/\.0+ /, " ")
    .replace(/(\.\d*?)0+ /, "$1 ")
    .replace(/ 00 [sm]$/, "");
}

/** Ticks over the bars. Dragging zooms into a part of the trace, a double click shows all of it again. */
function TimeAxis({ from, to, total, onZoom, onTick }: AxisProps) {
  const axis = useRef<HTMLDivElement>(null);
  const width = useWidth(axis);
  const [drag, setDrag] = useState<[number, number] | null>(null);
  const length = to - from;
  const ticks = timeTicks(length, Math.max(1, Math.floor(width / 64))).filter((tick) => tick <= length);
  const tickShare = (ticks[1] ?? length) / length;
  useEffect(() => onTick(tickShare), [onTick, tickShare]);
  const share = (event: PointerEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
  };
  const finish = () => {
    if (drag && Math.abs(drag[1] - drag[0]) * width > 4) {
      const [low, high] = drag[0] < drag[1] ? drag : [drag[1], drag[0]];
      onZoom([from + low * length, from + high * length]);
    }
    setDrag(null);
  };
  const zoomed = length < total * 0.999;
  return (
    <div
      className="axis"
      ref={axis}
      title={zoomed ? "Double click shows the whole trace" : "Drag to zoom"}
      onDoubleClick={() => onZoom(null)}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        setDrag([share(event), share(event)]);
      }}
      onPointerMove={(event) => {
        if (drag) setDrag([drag[0], share(event)]);
      }}
      onPointerUp={finish}
    >
      {ticks.map((tick) => {
        const at = tick / length;
        // Beside the end there is no room for a label; the line below it stays.
        if (at > 0.92 && ticks.length > 2) return null;
        return (
          <span
            key={tick}
            className={at > 0.92 ? "axis-tick is-last" : "axis-tick"}
            style={{ left: `${at * 100}%` }}
          >
            {axisLabel(from + tick)}
          </span>
        );
      })}
      {drag ? (
        <i
          className="axis-brush"
          style={{ left: `${Math.min(...drag) * 100}%`, width: `${Math.abs(drag[1] - drag[0]) * 100}%` }}
        />
      ) : null}
      {zoomed ? (
        <button
          type="button"
          className="quiet-button axis-all"
          onClick={() => onZoom(null)}
          onPointerDown={(event) => event.stopPropagation()}
        >
          whole trace
        </button>
      ) : null}
    </div>
  );
}
