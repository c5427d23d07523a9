// Ticks over the bars. Dragging zooms into a part of the trace, a double click shows all of it again.
import { type PointerEvent, useRef, useState } from "react";
import { timeTicks } from "../../lib/buckets";
import { duration } from "../../lib/format";
import { t } from "../../lib/i18n";
import type { Interval } from "../../lib/tree";

/** Pixels of a letter of a label, and of its distance from the line. */
const LETTER = 7;
const INSET = 8;

/** A round time without the zeros that say nothing: 5 s, 2.5 s, 10 m. */
function axisLabel(ms: number): string {
  if (ms === 0) return "0";
  return duration(ms)
    .replace(/[.,]0+(\s)/, "$1")
    .replace(/([.,]\d*?)0+(\s)/, "$1$2")
    .replace(/ 00 [sm]$/, "");
}

/** The distance of two ticks as a share of the axis. */
export function tickShare(length: number, width: number): number {
  return (ticksOf(length, width)[1] ?? length) / length;
}

const ticksOf = (length: number, width: number) =>
  timeTicks(length, Math.max(1, Math.floor(width / 52))).filter((tick) => tick <= length);

interface Props {
  from: number;
  to: number;
  total: number;
  width: number;
  onZoom: (window: Interval | null) => void;
}

export function TimeAxis({ from, to, total, width, onZoom }: Props) {
  const [drag, setDrag] = useState<[number, number] | null>(null);
  const axis = useRef<HTMLDivElement>(null);
  const length = to - from;
  // Ticks stand at round times of the trace, wherever the part in view begins.
  const step = ticksOf(length, width)[1] ?? length;
  const ticks: number[] = [];
  for (let tick = Math.ceil(from / step - 1e-6) * step; tick <= to; tick += step) ticks.push(tick);
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
      title={zoomed ? t("Double click shows the whole trace") : t("Drag to zoom")}
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
        const at = (tick - from) / length;
        const label = axisLabel(tick);
        // A label that would run into the next column is left out; the line below it stays.
        if ((1 - at) * width < label.length * LETTER + INSET && ticks.length > 1) return null;
        return (
          <span key={tick} className="axis-tick" style={{ left: `${at * 100}%` }}>
            {label}
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
          {t("whole trace")}
        </button>
      ) : null}
    </div>
  );
}
