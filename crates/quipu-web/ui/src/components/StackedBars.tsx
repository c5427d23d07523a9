// Amounts over time as stacked bars. Hover names a bar's parts; dragging across bars narrows the time range.
import { type PointerEvent, useMemo, useRef, useState } from "react";
import { GRAIN_MS, type Grain, niceTicks, type SeriesKey, type Stack } from "../lib/buckets";
import { day } from "../lib/time";
import { useWidth } from "../state/screen";

interface Props {
  stack: Stack;
  grain: Grain;
  /** CSS class per series, in the order of stack.keys. */
  seriesClass: (index: number) => string;
  seriesName: (key: SeriesKey) => string;
  format: (value: number) => string;
  formatTick: (value: number, step: number) => string;
  label: string;
  strip?: boolean;
  highlight: number | null;
  onBrush: (since: number, until: number) => void;
}

const FULL = { height: 208, top: 8, bottom: 22, left: 64 };
/** Without the scale of amounts, for a strip above a list. */
const STRIP = { height: 56, top: 4, bottom: 18, left: 0 };
const two = (value: number) => String(value).padStart(2, "0");

function barTime(time: number, grain: Grain): string {
  const start = new Date(time);
  if (grain === "day") return `${day(start)} (UTC day)`;
  const end = new Date(time + GRAIN_MS.hour);
  return `${day(start)} ${two(start.getHours())}:${two(start.getMinutes())} – ${two(end.getHours())}:${two(end.getMinutes())}`;
}

function axisTime(time: number, grain: Grain, first: boolean): string {
  const date = new Date(time);
  if (grain === "day" || first || date.getHours() === 0) return day(date);
  return `${two(date.getHours())}:00`;
}

/** Every nth bar gets a label, with n a round number of hours or days. */
function labelEvery(count: number, width: number, grain: Grain): number {
  const room = Math.max(1, Math.floor(width / 76));
  const sizes = grain === "hour" ? [1, 2, 3, 6, 12, 24, 48, 168] : [1, 2, 7, 14, 30, 90, 180, 365];
  return sizes.find((size) => count / size <= room) ?? count;
}

export function StackedBars(props: Props) {
  const { stack, grain, format } = props;
  const pad = props.strip ? STRIP : FULL;
  const { height } = pad;
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const [over, setOver] = useState<number | null>(null);
  const [drag, setDrag] = useState<number | null>(null);
  const ticks = useMemo(() => niceTicks(stack.peak), [stack.peak]);
  const plot = { width: Math.max(0, width - pad.left), height: height - pad.top - pad.bottom };
  const top = (props.strip ? stack.peak : ticks[ticks.length - 1]) || 1;
  const y = (value: number) => pad.top + plot.height * (1 - value / top);
  const slot = plot.width / Math.max(1, stack.times.length);
  const bar = Math.max(1, Math.min(36, slot - (slot > 6 ? 2 : slot > 3 ? 1 : 0)));
  const x = (index: number) => pad.left + index * slot + (slot - bar) / 2;
  const every = labelEvery(stack.times.length, plot.width, grain);
  const offset = stack.times.findIndex((time) =>
    grain === "hour" ? new Date(time).getHours() % Math.min(every, 24) === 0 : true,
  );

  const indexAt = (event: PointerEvent<SVGSVGElement>) => {
    const left = event.clientX - event.currentTarget.getBoundingClientRect().left - pad.left;
    return Math.min(stack.times.length - 1, Math.max(0, Math.floor(left / slot)));
  };
  const finish = (event: PointerEvent<SVGSVGElement>) => {
    const to = indexAt(event);
    const from = drag;
    setDrag(null);
    if (from === null || from === to) return;
    const since = stack.times[Math.min(from, to)];
    const last = stack.times[Math.max(from, to)];
    if (since !== undefined && last !== undefined) props.onBrush(since, last + GRAIN_MS[grain]);
  };
  const brushed =
    drag !== null && over !== null && drag !== over ? [Math.min(drag, over), Math.max(drag, over)] : null;

  return (
    <div className="bars" ref={box} style={{ height: height }}>
      {width > 0 ? (
        <svg
          width={width}
          height={height}
          role="img"
          aria-label={props.label}
          onPointerMove={(event) => setOver(indexAt(event))}
          onPointerLeave={() => {
            if (drag === null) setOver(null);
          }}
          onPointerDown={(event) => {
            event.currentTarget.setPointerCapture(event.pointerId);
            setDrag(indexAt(event));
          }}
          onPointerUp={finish}
        >
          {(props.strip ? [0] : ticks).map((tick, index) => (
            <g key={tick}>
              <line
                className={index === 0 ? "bars-base" : "bars-line"}
                x1={pad.left}
                x2={width}
                y1={y(tick)}
                y2={y(tick)}
              />
              {props.strip ? null : (
                <text className="bars-tick" x={pad.left - 10} y={y(tick) + 4} textAnchor="end">
                  {props.formatTick(tick, ticks[1] ?? tick)}
                </text>
              )}
            </g>
          ))}
          {over !== null && drag === null ? (
            <rect
              className="bars-over"
              x={pad.left + over * slot}
              y={pad.top}
              width={slot}
              height={plot.height}
            />
          ) : null}
          {stack.values.map((values, index) => {
            let base = 0;
            return (
              <g key={stack.times[index]}>
                {values.map((value, series) => {
                  if (value <= 0) return null;
                  const from = y(base);
                  base += value;
                  const dim = props.highlight !== null && props.highlight !== series;
                  return (
                    <rect
                      key={series}
                      className={`${props.seriesClass(series)} ${dim ? "is-dim" : ""}`}
                      x={x(index)}
                      y={y(base)}
                      width={bar}
                      height={Math.max(0.5, from - y(base))}
                    />
                  );
                })}
              </g>
            );
          })}
          {stack.times.map((time, index) =>
            (index - offset) % every === 0 && index * slot < plot.width - 24 ? (
              <text key={time} className="bars-tick" x={pad.left + index * slot} y={height - 5}>
                {axisTime(time, grain, index === offset)}
              </text>
            ) : null,
          )}
          {brushed?.[0] !== undefined && brushed[1] !== undefined ? (
            <rect
              className="bars-brush"
              x={pad.left + brushed[0] * slot}
              y={pad.top}
              width={(brushed[1] - brushed[0] + 1) * slot}
              height={plot.height}
            />
          ) : null}
        </svg>
      ) : null}
      {over !== null && drag === null ? (
        <Tip {...props} index={over} left={pad.left + (over + 0.5) * slot} width={width} format={format} />
      ) : null}
    </div>
  );
}

function Tip(props: Props & { index: number; left: number; width: number }) {
  const { stack, index, left, width, format } = props;
  const values = stack.values[index] ?? [];
  const sum = values.reduce((total, value) => total + value, 0);
  const parts = values.map((value, series) => ({ value, series })).filter((part) => part.value > 0);
  const side = left > width / 2 ? { right: width - left + 14 } : { left: left + 14 };
  return (
    <div className="tip" style={side}>
      <div className="tip-head">{barTime(stack.times[index] ?? 0, props.grain)}</div>
      {parts.reverse().map(({ value, series }) => (
        <div className="tip-row" key={series}>
          <span>
            <i className={`swatch ${props.seriesClass(series)}`} />
            {props.seriesName(stack.keys[series] ?? null)}
          </span>
          <span className="figure">{format(value)}</span>
        </div>
      ))}
      <div className="tip-row tip-sum">
        <span>{sum === 0 ? "Nothing" : "Sum"}</span>
        <span className="figure">{format(sum)}</span>
      </div>
    </div>
  );
}
