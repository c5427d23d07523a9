// How many values of which size, with the lines of the percentiles. Bins stand side by side; their bounds are on the axis.
import { type CSSProperties, type KeyboardEvent, useRef, useState } from "react";
import { count } from "../lib/format";
import { t } from "../lib/i18n";
import { colourOf } from "./colour";
import { ChartFrame } from "./Frame";
import { valueAxis } from "./ticks";
import type { Bin, Unit } from "./types";
import { boundText, formatTick, formatUnit } from "./units";
import { useWidth } from "./useSize";

interface Props {
  bins: readonly Bin[];
  unit: Unit;
  /** The bounds of the bin that was picked: values above `from`, up to `to`. */
  onPick?: (from: number, to: number) => void;
  /** Lines across, as percentiles. */
  marks?: readonly { name: string; value: number }[];
  height?: number;
  hue?: string;
  label?: string;
}

export function Histogram({ bins, unit, onPick, marks = [], height = 200, hue, label }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const [over, setOver] = useState<number | null>(null);
  const name = label ?? t("Distribution");
  const peak = Math.max(0, ...bins.map((bin) => bin.count));
  const all = bins.reduce((sum, bin) => sum + bin.count, 0);
  const axis = valueAxis("count", peak, height < 120 ? 2 : 4);
  const left =
    8 + 6.6 * Math.max(2, ...axis.ticks.map((tick) => formatTick("count", tick, axis.step).length));
  const plot = { left, right: width - 12, top: marks.length > 0 ? 24 : 8, bottom: height - 22 };
  const slot = (plot.right - plot.left) / Math.max(1, bins.length);
  const y = (value: number) => plot.bottom - ((plot.bottom - plot.top) * value) / axis.top;
  const lower = (index: number) => bins[index - 1]?.upper ?? 0;
  /** Within a bin a value lies by its share of the bin's length. */
  const place = (value: number) => {
    const found = bins.findIndex((bin) => value <= bin.upper * (1 + 1e-9));
    const index = found < 0 ? bins.length - 1 : found;
    const from = lower(index);
    const upper = bins[index]?.upper ?? from;
    const share = upper > from ? Math.min(1, Math.max(0, (value - from) / (upper - from))) : 0.5;
    return plot.left + (index + share) * slot;
  };
  const bounds = (index: number) =>
    index === 0
      ? t("up to {to}", { to: formatUnit(unit, bins[0]?.upper ?? 0) })
      : t("{from} to {to}", {
          from: formatUnit(unit, lower(index)),
          to: formatUnit(unit, bins[index]?.upper ?? 0),
        });
  const every = Math.max(1, Math.ceil(64 / Math.max(1, slot)));
  const pick = (index: number) => onPick?.(lower(index), bins[index]?.upper ?? 0);
  const onKey = (event: KeyboardEvent) => {
    const last = bins.length - 1;
    const to = { ArrowLeft: (over ?? 1) - 1, ArrowRight: (over ?? -1) + 1, Home: 0, End: last }[event.key];
    if (to !== undefined) setOver(Math.min(last, Math.max(0, to)));
    else if (event.key === "Enter" && over !== null && onPick) pick(over);
    else return;
    event.preventDefault();
  };
  const at = over !== null ? bins[over] : undefined;
  return (
    <ChartFrame
      label={name}
      height={height}
      table={() => ({
        columns: [t("Size"), t("Count")],
        rows: bins.map((bin, index) => [bounds(index), count(bin.count)]),
      })}
    >
      <div className="chart-plot" ref={box} style={{ height, "--c": colourOf(hue, 0) } as CSSProperties}>
        {width > 0 ? (
          <svg width={width} height={height} role="img" aria-label={name}>
            {axis.ticks.map((tick) => (
              <g key={tick}>
                <line
                  className={tick === 0 ? "chart-base" : "chart-line"}
                  x1={plot.left}
                  x2={plot.right}
                  y1={Math.round(y(tick)) + 0.5}
                  y2={Math.round(y(tick)) + 0.5}
                />
                <text className="chart-tick" x={plot.left - 6} y={y(tick) + 3.5} textAnchor="end">
                  {formatTick("count", tick, axis.step)}
                </text>
              </g>
            ))}
            {bins.map((bin, index) => (
              <rect
                key={bin.upper}
                className={over === index ? "chart-bin is-over" : "chart-bin"}
                x={plot.left + index * slot + (slot > 4 ? 0.75 : 0)}
                width={Math.max(0.75, slot - (slot > 4 ? 1.5 : 0))}
                y={bin.count > 0 ? Math.min(y(bin.count), plot.bottom - 1) : plot.bottom}
                height={bin.count > 0 ? Math.max(1, plot.bottom - y(bin.count)) : 0}
              />
            ))}
            {bins.map((bin, index) =>
              (index + 1) % every === 0 && plot.left + (index + 1) * slot < plot.right - 4 ? (
                <text
                  key={bin.upper}
                  className="chart-tick"
                  x={plot.left + (index + 1) * slot}
                  y={height - 6}
                  textAnchor="middle"
                >
                  {boundText(unit, bin.upper)}
                </text>
              ) : null,
            )}
            <MarkLines
              marks={marks}
              place={place}
              unit={unit}
              top={plot.top}
              bottom={plot.bottom}
              right={plot.right}
            />
          </svg>
        ) : null}
        <div
          className={onPick ? "chart-hit is-pick" : "chart-hit is-still"}
          role="slider"
          tabIndex={0}
          aria-label={t("Read {label} by size", { label: name })}
          aria-valuemin={0}
          aria-valuemax={Math.max(0, bins.length - 1)}
          aria-valuenow={over ?? 0}
          aria-valuetext={
            at && over !== null ? `${bounds(over)}: ${count(at.count)}` : t("Arrow keys read the values")
          }
          style={{ left: plot.left, width: Math.max(0, plot.right - plot.left), top: 0, height: plot.bottom }}
          onKeyDown={onKey}
          onBlur={() => setOver(null)}
          onPointerLeave={() => setOver(null)}
          onPointerMove={(event) => {
            const from = event.clientX - event.currentTarget.getBoundingClientRect().left;
            setOver(bins.length > 0 ? Math.min(bins.length - 1, Math.max(0, Math.floor(from / slot))) : null);
          }}
          onClick={() => {
            if (over !== null && onPick) pick(over);
          }}
        />
        {at && over !== null ? (
          <div
            className="chart-tip"
            style={
              over > bins.length / 2
                ? { right: width - plot.left - over * slot + 6 }
                : { left: plot.left + (over + 1) * slot + 6 }
            }
          >
            <div className="chart-tip-head">{bounds(over)}</div>
            <div className="chart-tip-row">
              <span className="figure">{count(at.count)}</span>
              <span className="muted">{all > 0 ? formatUnit("percent", at.count / all) : ""}</span>
            </div>
          </div>
        ) : null}
      </div>
    </ChartFrame>
  );
}

function MarkLines(props: {
  marks: readonly { name: string; value: number }[];
  place: (value: number) => number;
  unit: Unit;
  top: number;
  bottom: number;
  right: number;
}) {
  let taken = -Infinity;
  return (
    <>
      {props.marks.map((mark) => {
        const x = props.place(mark.value);
        const text = `${mark.name} ${formatUnit(props.unit, mark.value)}`;
        const wide = text.length * 6.2;
        // A label that would lie on the one before moves to the left of the picture's edge, or is left to the tip.
        const from = Math.min(x + 3, props.right - wide);
        const fits = from > taken;
        if (fits) taken = from + wide + 4;
        return (
          <g key={mark.name}>
            <line className="chart-mark" x1={x} x2={x} y1={props.top - 14} y2={props.bottom} />
            {fits ? (
              <text className="chart-mark-text" x={from} y={props.top - 6}>
                {text}
              </text>
            ) : null}
          </g>
        );
      })}
    </>
  );
}
