// Amounts over time as stacked bars. Hover names a bar's parts; dragging across bars narrows the time range.
// Amounts that must not be added to them are hollow bars below the base line, on the same scale.

import { type PointerEvent, useMemo, useRef, useState } from "react";
import { barEnd, type Grain, niceTicks, type SeriesKey, type Stack } from "../lib/buckets";
import { t } from "../lib/i18n";
import { day, utcDay, utcMonth } from "../lib/time";
import { minuteClock, partsOf } from "../lib/zone";
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
  /** One amount a bar that is never part of the sum. */
  apart?: { name: string; values: readonly number[] } | null;
  onBrush: (since: number, until: number) => void;
}

const FULL = { height: 208, top: 8, bottom: 22, left: 64 };
/** Without the scale of amounts, for a strip above a list. */
const STRIP = { height: 56, top: 4, bottom: 18, left: 0 };

function barTime(time: number, grain: Grain): string {
  const start = new Date(time);
  if (grain === "day") return t("{day} (UTC day)", { day: utcDay(start) });
  if (grain === "week") {
    const end = utcDay(new Date(barEnd(time, grain) - 1));
    return t("{from} – {to} (UTC week)", { from: utcDay(start), to: end });
  }
  if (grain === "month") return `${utcMonth(start)} (UTC)`;
  const end = new Date(barEnd(time, grain));
  return `${day(start)} ${minuteClock(start)} – ${minuteClock(end)}`;
}

function axisTime(time: number, grain: Grain, first: boolean): string {
  const date = new Date(time);
  if (grain === "month") return utcMonth(date);
  if (grain !== "hour") return utcDay(date);
  if (first || partsOf(date).hours === 0) return day(date);
  return minuteClock(date);
}

const LABEL_STEPS: Record<Grain, readonly number[]> = {
  hour: [1, 2, 3, 6, 12, 24, 48, 168],
  day: [1, 2, 7, 14, 30, 90, 180, 365],
  week: [1, 2, 4, 13, 26, 52],
  month: [1, 2, 3, 6, 12, 24],
};

/** Every nth bar gets a label, with n a round number of bars. */
function labelEvery(count: number, width: number, grain: Grain): number {
  const room = Math.max(1, Math.floor(width / 76));
  return LABEL_STEPS[grain].find((size) => count / size <= room) ?? count;
}

/** Room below the base line for what hangs there: a little more than its peak, and enough to be seen. */
function depthOf(values: readonly number[] | undefined, above: number): number {
  const peak = Math.max(0, ...(values ?? []));
  return peak > 0 ? Math.max(peak * 1.08, above * 0.06) : 0;
}

export function StackedBars(props: Props) {
  const { stack, grain, format } = props;
  const pad = props.strip ? STRIP : FULL;
  const { height } = pad;
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const [over, setOver] = useState<number | null>(null);
  const [drag, setDrag] = useState<number | null>(null);
  const below = props.apart?.values;
  const reach = Math.max(stack.peak, ...(below ?? []));
  const ticks = useMemo(() => {
    const step = niceTicks(reach)[1] ?? 1;
    const lines = stack.peak > 0 ? Math.ceil(stack.peak / step - 1e-9) : below ? 0 : 1;
    const bottom = depthOf(below, lines * step);
    return {
      step,
      bottom,
      above: Array.from({ length: lines + 1 }, (_, index) => index * step),
      below: Array.from({ length: Math.floor(bottom / step) }, (_, index) => -(index + 1) * step),
    };
  }, [stack.peak, below, reach]);
  const plot = { width: Math.max(0, width - pad.left), height: height - pad.top - pad.bottom };
  const top =
    (props.strip ? stack.peak : (ticks.above[ticks.above.length - 1] ?? 0)) || (ticks.bottom ? 0 : 1);
  const y = (value: number) => pad.top + plot.height * ((top - value) / (top + ticks.bottom));
  const slot = plot.width / Math.max(1, stack.times.length);
  const bar = Math.max(1, Math.min(slot > 72 ? slot / 2 : 36, 96, slot - (slot > 6 ? 2 : slot > 3 ? 1 : 0)));
  const x = (index: number) => pad.left + index * slot + (slot - bar) / 2;
  const centred = slot > 72;
  const every = labelEvery(stack.times.length, plot.width, grain);
  const offset = stack.times.findIndex((time) =>
    grain === "hour" ? partsOf(new Date(time)).hours % Math.min(every, 24) === 0 : true,
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
    if (since !== undefined && last !== undefined) props.onBrush(since, barEnd(last, grain));
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
          {(props.strip ? [0] : [...ticks.above, ...ticks.below]).map((tick) => (
            <g key={tick}>
              <line
                className={tick === 0 ? "bars-base" : "bars-line"}
                x1={pad.left}
                x2={width}
                y1={y(tick)}
                y2={y(tick)}
              />
              {props.strip ? null : (
                <text className="bars-tick" x={pad.left - 10} y={y(tick) + 4} textAnchor="end">
                  {props.formatTick(Math.abs(tick), ticks.step)}
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
          {below?.map((value, index) =>
            value > 0 ? (
              <rect
                key={stack.times[index]}
                className="bars-apart"
                x={x(index) + 0.5}
                y={y(0) + 0.5}
                width={Math.max(1, bar - 1)}
                height={Math.max(1, y(-value) - y(0) - 1)}
              />
            ) : null,
          )}
          {stack.times.map((time, index) =>
            (index - offset) % every === 0 && index * slot < plot.width - (centred ? 24 : 44) ? (
              <text
                key={time}
                className="bars-tick"
                x={pad.left + (centred ? (index + 0.5) * slot : index * slot)}
                y={height - 5}
                textAnchor={centred ? "middle" : "start"}
              >
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
        <span>{t(sum === 0 ? "Nothing" : "Sum")}</span>
        <span className="figure">{format(sum)}</span>
      </div>
      {props.apart && (props.apart.values[index] ?? 0) > 0 ? (
        <div className="tip-row tip-apart">
          <span>
            <i className="swatch swatch-apart" />
            {props.apart.name}
          </span>
          <span className="figure">{format(props.apart.values[index] ?? 0)}</span>
        </div>
      ) : null}
    </div>
  );
}
