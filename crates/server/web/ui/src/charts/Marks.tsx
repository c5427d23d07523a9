// The drawn part of a chart over time: one path a series, however many points it has.
import { area, line } from "d3-shape";
import { type CSSProperties, memo } from "react";
import { runsOf, stackLayers } from "./layout";
import type { Series } from "./types";

export interface Drawn {
  series: Series;
  colour: string;
  values: readonly (number | null)[];
}

interface Props {
  shape: "line" | "area" | "bar";
  piled: boolean;
  drawn: readonly Drawn[];
  grid: readonly number[];
  stepMs: number;
  since: number;
  until: number;
  x: (time: number) => number;
  y: (value: number) => number;
}

interface Dot {
  x: number;
  base: number;
  top: number;
  known: boolean;
}

const linePath = line<Dot>(
  (dot) => dot.x,
  (dot) => dot.top,
).defined((dot) => dot.known);
const areaPath = area<Dot>(
  (dot) => dot.x,
  (dot) => dot.base,
  (dot) => dot.top,
).defined((dot) => dot.known);

export const Marks = memo(function Marks(props: Props) {
  const { drawn, piled, shape } = props;
  const now = drawn.filter((one) => !one.series.dashed);
  const before = drawn.filter((one) => one.series.dashed);
  const layers = piled ? stackLayers(now.map((one) => one.values)) : null;
  return (
    <>
      {now.map((one, index) => {
        const layer = layers?.[index] ?? null;
        const style = { "--c": one.colour } as CSSProperties;
        return (
          <g key={one.series.name} style={style} className="chart-series">
            {shape === "bar" ? (
              <BarMarks
                {...props}
                one={one}
                layer={layer}
                beside={piled ? 1 : now.length}
                place={piled ? 0 : index}
              />
            ) : (
              <LineMarks {...props} one={one} layer={layer} />
            )}
          </g>
        );
      })}
      {before.map((one) => (
        <g
          key={one.series.name}
          style={{ "--c": one.colour } as CSSProperties}
          className="chart-series is-before"
        >
          <path className="chart-stroke" d={linePath(dotsOf(one.values, null, props)) ?? ""} />
        </g>
      ))}
    </>
  );
});

type Layer = { base: readonly number[]; top: readonly number[] } | null;

/** A value stands in the middle of its step, or of the part of it that lies in the range. */
function middle({ grid, stepMs, since, until }: Props, index: number): number {
  const start = grid[index] ?? 0;
  return (Math.max(since, start) + Math.min(until, start + stepMs)) / 2;
}

function dotsOf(values: readonly (number | null)[], layer: Layer, props: Props): Dot[] {
  return values.map((value, index) => ({
    x: props.x(middle(props, index)),
    base: props.y(layer?.base[index] ?? 0),
    top: props.y(layer ? (layer.top[index] ?? 0) : (value ?? 0)),
    // In a stack what is unknown adds nothing, but does not tear the layers above it.
    known: layer !== null || value !== null,
  }));
}

function LineMarks({ one, layer, ...props }: Props & { one: Drawn; layer: Layer }) {
  const dots = dotsOf(one.values, layer, props);
  const last = dots.length - 1;
  const partial = isPartial(props, last);
  const sure = partial ? dots.slice(0, last) : dots;
  const lone = layer ? [] : runsOf(one.values).filter(([from, to]) => from === to);
  return (
    <>
      {props.shape === "area" ? (
        <path className={layer ? "chart-area is-piled" : "chart-area"} d={areaPath(dots) ?? ""} />
      ) : null}
      {layer ? null : <path className="chart-bridge" d={bridges(one.values, dots)} />}
      <path className="chart-stroke" d={linePath(sure) ?? ""} />
      {partial && last > 0 ? (
        <path className="chart-stroke is-partial" d={linePath(dots.slice(last - 1)) ?? ""} />
      ) : null}
      {lone.map(([at]) => (
        <circle key={at} className="chart-dot" cx={dots[at]?.x} cy={dots[at]?.top} r={2.25} />
      ))}
    </>
  );
}

/** Faint lines over steps without a value: they lead the eye from one known value to the next. */
function bridges(values: readonly (number | null)[], dots: readonly Dot[]): string {
  const runs = runsOf(values);
  const at = (index: number) => `${dots[index]?.x.toFixed(2)} ${dots[index]?.top.toFixed(2)}`;
  return runs
    .slice(1)
    .map(([from], index) => `M${at(runs[index]?.[1] ?? from)}L${at(from)}`)
    .join("");
}

/** Whether the time of a step is not over yet. */
function isPartial({ grid, stepMs, until }: Props, index: number): boolean {
  const start = grid[index];
  return start !== undefined && start + stepMs > until + 1000;
}

function BarMarks({
  one,
  layer,
  beside,
  place,
  ...props
}: Props & { one: Drawn; layer: Layer; beside: number; place: number }) {
  const { grid, stepMs, since, until, x, y } = props;
  const last = grid.length - 1;
  const rect = (index: number): string => {
    const value = one.values[index];
    if (value === null || value === undefined || value <= 0) return "";
    const start = x(Math.max(since, grid[index] ?? 0));
    const slot = x(Math.min(until, (grid[index] ?? 0) + stepMs)) - start;
    const gap = slot > 8 ? 2 : slot > 3 ? 1 : 0;
    const wide = Math.max(0.75, Math.min(48 * beside, slot - gap) / beside);
    const from = start + (slot - wide * beside) / 2 + place * wide;
    const bottom = y(layer ? (layer.base[index] ?? 0) : 0);
    const top = Math.min(y(layer ? (layer.top[index] ?? 0) : value), bottom - 0.75);
    return `M${from.toFixed(2)} ${bottom.toFixed(2)}V${top.toFixed(2)}h${wide.toFixed(2)}V${bottom.toFixed(2)}Z`;
  };
  const partial = isPartial(props, last);
  const path = grid.map((_, index) => (partial && index === last ? "" : rect(index))).join("");
  return (
    <>
      <path className="chart-bar" d={path} />
      {partial ? <path className="chart-bar is-partial" d={rect(last)} /> : null}
    </>
  );
}
