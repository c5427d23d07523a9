import "./charts.css";
import type { CSSProperties } from "react";
import { runsOf } from "./layout";

interface Props {
  values: readonly (number | null)[];
  label: string;
  hue?: string;
  height?: number;
  /** The last value is of a time that is not over. */
  partial?: boolean;
}

/** A line without axes, from zero: a shape to glance at, not to read figures from. */
export function Sparkline({ values, label, hue, height = 28, partial = false }: Props) {
  const peak = values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
  const last = Math.max(1, values.length - 1);
  const point = (index: number) =>
    `${((index / last) * 100).toFixed(2)} ${(29 - (peak > 0 ? ((values[index] ?? 0) / peak) * 27 : 0)).toFixed(2)}`;
  const path = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, index) => `${index ? "L" : "M"}${point(from + index)}`).join(
      "",
    );
  const runs = runsOf(values);
  const end = partial ? values.length - 2 : values.length - 1;
  const style = {
    height,
    ...(hue ? { "--c": hue.startsWith("--") ? `var(${hue})` : `var(--${hue})` } : {}),
  } as CSSProperties;
  return (
    <svg
      className="spark"
      viewBox="0 0 100 30"
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
      style={style}
    >
      <line className="chart-base" x1="0" x2="100" y1="29.5" y2="29.5" />
      {runs.length > 1 ? (
        <path
          className="spark-bridge"
          d={runs
            .slice(1)
            .map(([from], index) => `M${point(runs[index]?.[1] ?? from)}L${point(from)}`)
            .join("")}
        />
      ) : null}
      {runs.map(([from, to]) => {
        const sure = Math.min(to, end);
        return (
          <g key={from}>
            {to > from ? (
              <path
                className="spark-area"
                d={`${path(from, to)}L${(to / last) * 100} 29.5L${(from / last) * 100} 29.5Z`}
              />
            ) : null}
            {sure > from ? <path className="spark-line" d={path(from, sure)} /> : null}
            {to > sure && to > 0 ? (
              <path className="spark-line is-partial" d={path(Math.max(from, to - 1), to)} />
            ) : null}
            {to === from ? <path className="spark-line is-lone" d={`M${point(from)}h0.01`} /> : null}
          </g>
        );
      })}
    </svg>
  );
}
