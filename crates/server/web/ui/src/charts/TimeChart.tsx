// Figures over time as lines, areas or bars. Pointer or arrow keys read the values of a step; dragging, or shift with the
// arrows and enter, narrows the time range. Steps without a value are gaps.
import { type KeyboardEvent, type PointerEvent, useEffect, useMemo, useRef, useState } from "react";
import { t } from "../lib/i18n";
import { brushRange } from "./brush";
import { colourOf } from "./colour";
import { ChartFrame, type TableOf } from "./Frame";
import { pointAt, usePointed } from "./hover";
import { Legend } from "./Legend";
import { gridOf, onGrid, peakOf, snap } from "./layout";
import { type Drawn, Marks } from "./Marks";
import { Tip } from "./Tip";
import { stepText, timeTicks, valueAxis } from "./ticks";
import type { Series, Unit } from "./types";
import { boundText, formatTick, formatterOf, unitName } from "./units";
import { useWidth } from "./useSize";

interface Props {
  shape?: "line" | "area" | "bar";
  stacked?: boolean;
  series: readonly Series[];
  unit: Unit;
  /** The range that is shown, in Unix milliseconds, and the length of a step. */
  since: number;
  until: number;
  stepMs: number;
  /** Instead of narrowing the range of the page; null: no brush. */
  onBrush?: ((since: number, until: number) => void) | null;
  /** A click on a step, or enter. */
  onPick?: (since: number, until: number) => void;
  height?: number;
  /** What is shown, for the name of the picture. */
  label: string;
  /** Without: where there is more than one series. */
  legend?: boolean;
  /** A line across at this value. */
  target?: number | undefined;
  /** The name of that line, with its value; without, it is a target. */
  targetText?: (value: string) => string;
  /** Stretches of time that are marked, in Unix milliseconds. */
  bands?: readonly { from: number; to: number }[];
}

const TOP = 10;
const BOTTOM = 22;
/** A shorter drag is a click. */
const LEAST_DRAG = 5;

export function TimeChart(props: Props) {
  const { shape = "line", stacked = false, series, unit, since, until, stepMs, height = 200, label } = props;
  const { target } = props;
  const onBrush = props.onBrush === undefined ? brushRange : props.onBrush;
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [over, setOver] = useState<number | null>(null);
  const [held, setHeld] = useState<{ from: number; to: number } | null>(null);

  // A place in the steps of another range means nothing.
  // biome-ignore lint/correctness/useExhaustiveDependencies: they are what it is about
  useEffect(() => {
    setOver(null);
    setHeld(null);
    pointAt(null);
  }, [stepMs, Math.round(since / stepMs)]);

  const grid = useMemo(() => gridOf(series, since, until, stepMs), [series, since, until, stepMs]);
  const drawn = useMemo<Drawn[]>(
    () =>
      series.flatMap((one, index) =>
        hidden.has(one.name)
          ? []
          : [{ series: one, colour: colourOf(one.hue, index, one.rest), values: onGrid(one, grid, stepMs) }],
      ),
    [series, hidden, grid, stepMs],
  );
  const piled = stacked && shape !== "line";
  const axis = useMemo(() => {
    const rows = (dashed: boolean) =>
      drawn.filter((one) => Boolean(one.series.dashed) === dashed).map((one) => one.values);
    const peak = Math.max(peakOf(rows(false), piled), peakOf(rows(true), false), target ?? 0);
    return { ...valueAxis(unit, peak, height < 120 ? 2 : 4), peak };
  }, [drawn, piled, unit, height, target]);
  const left = 8 + 6.6 * Math.max(2, ...axis.ticks.map((tick) => formatTick(unit, tick, axis.step).length));
  const plot = { left, right: Math.max(left, width - 8), top: TOP, bottom: height - BOTTOM };
  const x = (time: number) => plot.left + ((plot.right - plot.left) * (time - since)) / (until - since);
  const y = (value: number) => plot.bottom - ((plot.bottom - plot.top) * value) / axis.top;
  const format = useMemo(() => formatterOf(unit, axis.peak), [unit, axis.peak]);

  const timeAt = (event: PointerEvent<HTMLElement>) => {
    const at = event.clientX - event.currentTarget.getBoundingClientRect().left;
    const share = at / Math.max(1, plot.right - plot.left);
    return since + Math.min(1, Math.max(0, share)) * (until - since);
  };
  const stepAt = (time: number) =>
    Math.min(grid.length - 1, Math.max(0, Math.floor((time - (grid[0] ?? 0)) / stepMs)));
  const read = (index: number | null) => {
    setOver(index);
    pointAt(index === null ? null : (grid[index] ?? 0) + stepMs / 2);
  };
  const stretch = held ? snap(held.from, held.to, grid, stepMs, [since, until]) : null;
  const far = held !== null && Math.abs(x(held.from) - x(held.to)) >= LEAST_DRAG;
  const bounds = (index: number): [number, number] => [
    Math.max(since, grid[index] ?? since),
    Math.min(until, (grid[index] ?? since) + stepMs),
  ];
  const finish = () => {
    if (stretch && far && onBrush) onBrush(...stretch);
    else if (held && over !== null) props.onPick?.(...bounds(over));
    setHeld(null);
  };

  const onKey = (event: KeyboardEvent) => {
    const last = grid.length - 1;
    if (last < 0) return;
    const now = over ?? (event.key === "ArrowLeft" ? last + 1 : -1);
    const to = {
      ArrowLeft: now - 1,
      ArrowRight: now + 1,
      Home: 0,
      End: last,
      PageUp: now - 10,
      PageDown: now + 10,
    }[event.key];
    if (to !== undefined) {
      const index = Math.min(last, Math.max(0, to));
      read(index);
      const at = (grid[index] ?? 0) + stepMs / 2;
      setHeld(
        event.shiftKey && onBrush
          ? { from: held?.from ?? (grid[over ?? index] ?? 0) + stepMs / 2, to: at }
          : null,
      );
    } else if (event.key === "Enter") {
      if (stretch && onBrush) onBrush(...stretch);
      else if (over !== null) props.onPick?.(...bounds(over));
      setHeld(null);
    } else if (event.key === "Escape" && (over !== null || held)) {
      read(null);
      setHeld(null);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  const toggle = (name: string, alone: boolean) => {
    const others = series.map((one) => one.name).filter((one) => one !== name);
    const isAlone = others.every((one) => hidden.has(one)) && !hidden.has(name);
    if (alone) setHidden(isAlone ? new Set() : new Set(others));
    else {
      const next = new Set(hidden);
      if (!next.delete(name)) next.add(name);
      setHidden(next);
    }
  };

  const table = (): TableOf => ({
    columns: [t("Time"), ...series.map((one) => one.name)],
    rows: grid.map((start, index) => [
      stepText(start, Math.min(until, start + stepMs)),
      ...series.map((one) => {
        const value = onGrid(one, grid, stepMs)[index];
        return value === null || value === undefined ? "–" : format(value);
      }),
    ]),
  });
  const spoken = (index: number) => {
    const [from, to] = bounds(index);
    const said = drawn.filter((one) => drawn.length === 1 || one.values[index] !== 0);
    const parts = said.map((one) => {
      const value = one.values[index];
      return `${one.series.name} ${value === null || value === undefined ? t("no value") : format(value)}`;
    });
    return `${stepText(from, to)}: ${parts.join(", ")}`;
  };
  const legend = (props.legend ?? series.length > 1) && series.length > 0;
  return (
    <ChartFrame
      label={label}
      height={height}
      table={table}
      legend={legend ? <Legend series={series} hidden={hidden} toggle={toggle} /> : undefined}
    >
      <div className="chart-plot" ref={box} style={{ height }}>
        {width > 0 ? (
          <svg width={width} height={height} role="img" aria-label={summary(label, axis.peak, format)}>
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
                  {formatTick(unit, tick, axis.step)}
                </text>
              </g>
            ))}
            {unitName(unit) ? (
              <text className="chart-unit" x={plot.left + 2} y={TOP + 2}>
                {unitName(unit)}
              </text>
            ) : null}
            {timeTicks(since, until, plot.right - plot.left).map((tick) => {
              const at = x(tick.t);
              if (at < plot.left + 8 || at > plot.right - 12) return null;
              return (
                <text
                  key={tick.t}
                  className={tick.strong ? "chart-tick is-strong" : "chart-tick"}
                  x={at}
                  y={height - 6}
                  textAnchor="middle"
                >
                  {tick.text}
                </text>
              );
            })}
            {props.bands?.map((band) => (
              <rect
                key={band.from}
                className="chart-band"
                x={x(Math.max(since, band.from))}
                width={Math.max(2, x(Math.min(until, band.to)) - x(Math.max(since, band.from)))}
                y={plot.top}
                height={plot.bottom - plot.top}
              />
            ))}
            <Marks
              shape={shape}
              piled={piled}
              drawn={drawn}
              grid={grid}
              stepMs={stepMs}
              since={since}
              until={until}
              x={x}
              y={y}
            />
            {target === undefined ? null : (
              <g className="chart-target">
                <line x1={plot.left} x2={plot.right} y1={y(target)} y2={y(target)} />
                <text x={plot.right - 2} y={y(target) - 5} textAnchor="end">
                  {props.targetText
                    ? props.targetText(boundText(unit, target))
                    : t("target {value}", { value: boundText(unit, target) })}
                </text>
              </g>
            )}
            <SharedLine x={x} since={since} until={until} top={plot.top} bottom={plot.bottom} />
            {stretch && (far || held?.from !== held?.to) ? (
              <rect
                className="chart-brush"
                x={x(stretch[0])}
                width={Math.max(1, x(stretch[1]) - x(stretch[0]))}
                y={plot.top}
                height={plot.bottom - plot.top}
              />
            ) : null}
          </svg>
        ) : null}
        <div
          className={onBrush ? "chart-hit" : props.onPick ? "chart-hit is-pick" : "chart-hit is-still"}
          role="slider"
          tabIndex={0}
          aria-label={t("Values of {label} by time", { label })}
          aria-valuemin={0}
          aria-valuemax={Math.max(0, grid.length - 1)}
          aria-valuenow={over ?? 0}
          aria-valuetext={over === null ? t("Arrow keys read the values") : spoken(over)}
          style={{ left: plot.left, width: Math.max(0, plot.right - plot.left), top: 0, height: plot.bottom }}
          onKeyDown={onKey}
          onBlur={() => read(null)}
          onPointerMove={(event) => {
            const at = timeAt(event);
            read(grid.length > 0 ? stepAt(at) : null);
            if (held && event.buttons > 0) setHeld({ from: held.from, to: at });
          }}
          onPointerLeave={() => {
            if (!held) read(null);
          }}
          onPointerDown={(event) => {
            if (event.button !== 0 || (!onBrush && !props.onPick)) return;
            event.currentTarget.setPointerCapture(event.pointerId);
            const at = timeAt(event);
            setHeld({ from: at, to: at });
          }}
          onPointerUp={finish}
          onPointerCancel={() => setHeld(null)}
        />
        {over !== null && grid[over] !== undefined ? (
          <Tip
            drawn={drawn}
            index={over}
            start={bounds(over)[0]}
            end={bounds(over)[1]}
            partial={(grid[over] ?? 0) + stepMs > until + 1000}
            sum={piled}
            format={format}
            left={x(Math.min(until, (grid[over] ?? 0) + stepMs / 2))}
            width={width}
          />
        ) : null}
      </div>
    </ChartFrame>
  );
}

function summary(label: string, peak: number, format: (value: number) => string): string {
  return peak > 0 ? t("{label}, at most {peak}", { label, peak: format(peak) }) : label;
}

function SharedLine({
  x,
  since,
  until,
  top,
  bottom,
}: {
  x: (time: number) => number;
  since: number;
  until: number;
  top: number;
  bottom: number;
}) {
  const at = usePointed();
  if (at === null || at < since || at > until) return null;
  return <line className="chart-cross" x1={x(at)} x2={x(at)} y1={top} y2={bottom} />;
}
