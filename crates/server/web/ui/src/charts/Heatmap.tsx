// How often, by time and size (or by time and name), as six levels of one hue: one path a level, however many cells.
import { type CSSProperties, type KeyboardEvent, type PointerEvent, useMemo, useRef, useState } from "react";
import { t } from "../lib/i18n";
import { evenLevels, levelsOf } from "./bins";
import { brushRange } from "./brush";
import { colourOf } from "./colour";
import { ChartFrame } from "./Frame";
import { pointAt } from "./hover";
import { stepText, timeTicks } from "./ticks";
import type { Unit } from "./types";
import { boundText, formatUnit } from "./units";
import { useWidth } from "./useSize";

interface Props {
  /** Start of each column in Unix milliseconds, or the columns' names. */
  times: readonly (number | string)[];
  /** Upper bounds from the smallest up (then the lowest row is the smallest), or names from the top down. */
  rows: readonly (number | string)[];
  /** values[row][column]; null: nothing known. */
  values: readonly (readonly (number | null)[])[];
  /** Of the values. */
  unit: Unit;
  /** Of the rows' bounds. */
  rowUnit?: Unit;
  onPick?: (row: number, column: number) => void;
  /** Dragging across; without: the range of the page. Null: no brush. */
  onBrush?: ((since: number, until: number) => void) | null;
  height?: number;
  hue?: string;
  label?: string;
}

interface Cell {
  row: number;
  column: number;
}

export function Heatmap(props: Props) {
  const { times, rows, values, unit, rowUnit = "ms", hue } = props;
  const label = props.label ?? t("Heatmap");
  const sizes = typeof rows[0] === "number";
  const timed = typeof times[0] === "number";
  const height = props.height ?? (sizes ? 200 : rows.length * 24 + 24);
  const onBrush = props.onBrush === undefined && timed ? brushRange : (props.onBrush ?? null);
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const [over, setOver] = useState<Cell | null>(null);
  const [from, setFrom] = useState<number | null>(null);
  const peak = useMemo(
    () => values.reduce((most, row) => row.reduce<number>((a, b) => Math.max(a, b ?? 0), most), 0),
    [values],
  );
  const whole = unit === "count" || unit === "tokens";
  const levels = useMemo(() => (whole ? levelsOf(peak) : evenLevels(peak)), [whole, peak]);
  const named = rows.map((row) => (typeof row === "number" ? boundText(rowUnit, row) : row));
  const longest = Math.max(3, ...named.map((name) => name.length));
  const left = sizes ? 12 + longest * 6.4 : Math.min(width * 0.34, 14 + longest * 6.4);
  const plot = { left, right: width - 8, top: 4, bottom: height - 22 };
  const wide = (plot.right - plot.left) / Math.max(1, times.length);
  const high = (plot.bottom - plot.top) / Math.max(1, rows.length);
  const top = (row: number) => (sizes ? plot.bottom - (row + 1) * high : plot.top + row * high);
  const start = timed ? Number(times[0]) : 0;
  const step = timed && times.length > 1 ? Number(times[1]) - start : 0;

  const paths = useMemo(() => {
    const parts: string[][] = levels.map(() => []);
    const gap = wide > 6 && high > 6 ? 1 : 0;
    values.forEach((row, index) => {
      const at = sizes ? plot.bottom - (index + 1) * high : plot.top + index * high;
      row.forEach((value, column) => {
        if (value === null || value <= 0) return;
        const level = levels.findIndex((bound) => value <= bound * (1 + 1e-9));
        const x = plot.left + column * wide;
        parts[level < 0 ? levels.length - 1 : level]?.push(
          `M${x.toFixed(2)} ${at.toFixed(2)}h${(wide - gap).toFixed(2)}v${(high - gap).toFixed(2)}h${(gap - wide).toFixed(2)}Z`,
        );
      });
    });
    return parts.map((part) => part.join(""));
  }, [values, levels, wide, high, sizes, plot.left, plot.bottom, plot.top]);

  const cellAt = (event: PointerEvent<HTMLElement>): Cell => {
    const area = event.currentTarget.getBoundingClientRect();
    const column = Math.floor((event.clientX - area.left) / wide);
    const down = Math.floor((event.clientY - area.top) / high);
    const row = sizes ? rows.length - 1 - down : down;
    return {
      row: Math.min(rows.length - 1, Math.max(0, row)),
      column: Math.min(times.length - 1, Math.max(0, column)),
    };
  };
  const read = (cell: Cell | null) => {
    setOver(cell);
    if (timed) pointAt(cell ? Number(times[cell.column]) + step / 2 : null);
  };
  const columnText = (column: number) => {
    const at = times[column];
    return typeof at === "number" ? stepText(at, at + step) : (at ?? "");
  };
  const rowText = (row: number) => {
    const name = named[row] ?? "";
    if (!sizes) return name;
    return row === 0
      ? t("up to {to}", { to: name })
      : t("{from} to {to}", { from: named[row - 1] ?? "", to: name });
  };
  const valueText = ({ row, column }: Cell) => {
    const value = values[row]?.[column];
    return value === null || value === undefined ? t("no value") : formatUnit(unit, value, peak);
  };
  const onKey = (event: KeyboardEvent) => {
    const now = over ?? { row: sizes ? 0 : -1, column: -1 };
    const up = sizes ? 1 : -1;
    const to = {
      ArrowLeft: { ...now, column: now.column - 1 },
      ArrowRight: { ...now, column: now.column + 1 },
      ArrowUp: { ...now, row: now.row + up },
      ArrowDown: { ...now, row: now.row - up },
      Home: { ...now, column: 0 },
      End: { ...now, column: times.length - 1 },
    }[event.key];
    if (to) {
      read({
        row: Math.min(rows.length - 1, Math.max(0, to.row)),
        column: Math.min(times.length - 1, Math.max(0, to.column)),
      });
    } else if (event.key === "Enter" && over) props.onPick?.(over.row, over.column);
    else return;
    event.preventDefault();
  };
  const every = Math.max(1, Math.ceil(16 / Math.max(1, high)));
  const columnEvery = Math.max(1, Math.ceil(44 / Math.max(1, wide)));
  const drag =
    from !== null && over && over.column !== from
      ? [Math.min(from, over.column), Math.max(from, over.column)]
      : null;
  return (
    <ChartFrame
      label={label}
      height={height}
      className="heat"
      table={() => ({
        columns: ["", ...times.map((_, column) => columnText(column))],
        rows: rows.map((_, row) => [rowText(row), ...times.map((_, column) => valueText({ row, column }))]),
      })}
      legend={<Levels levels={levels} unit={unit} peak={peak} hue={hue} whole={whole} />}
    >
      <div
        className="chart-plot"
        ref={box}
        style={{ height, "--c": colourOf(hue ?? "llm", 0) } as CSSProperties}
      >
        {width > 0 ? (
          <svg width={width} height={height} role="img" aria-label={label}>
            {named.map((name, row) => {
              if (sizes && (row + 1) % every !== 0) return null;
              const room = Math.max(4, Math.floor((plot.left - 10) / 6.4));
              return (
                <text
                  key={row}
                  className="chart-tick"
                  x={plot.left - 6}
                  y={sizes ? top(row) + 4 : top(row) + high / 2 + 4}
                  textAnchor="end"
                >
                  {name.length > room ? `${name.slice(0, room - 1)}…` : name}
                </text>
              );
            })}
            {paths.map((path, level) => (
              <path key={level} className={`heat-cell heat-${heatOf(level, levels.length)}`} d={path} />
            ))}
            <line
              className="chart-base"
              x1={plot.left}
              x2={plot.right}
              y1={plot.bottom + 0.5}
              y2={plot.bottom + 0.5}
            />
            {timed
              ? timeTicks(start, start + step * times.length, plot.right - plot.left).map((tick) => {
                  const x = plot.left + ((tick.t - start) / (step * times.length)) * (plot.right - plot.left);
                  return x < plot.left + 8 || x > plot.right - 12 ? null : (
                    <text key={tick.t} className="chart-tick" x={x} y={height - 6} textAnchor="middle">
                      {tick.text}
                    </text>
                  );
                })
              : times.map((name, column) =>
                  column % columnEvery === 0 ? (
                    <text
                      key={column}
                      className="chart-tick"
                      x={plot.left + (column + 0.5) * wide}
                      y={height - 6}
                      textAnchor="middle"
                    >
                      {name}
                    </text>
                  ) : null,
                )}
            {drag ? (
              <rect
                className="chart-brush"
                x={plot.left + (drag[0] ?? 0) * wide}
                width={((drag[1] ?? 0) - (drag[0] ?? 0) + 1) * wide}
                y={plot.top}
                height={plot.bottom - plot.top}
              />
            ) : over ? (
              <rect
                className="heat-over"
                x={plot.left + over.column * wide - 0.5}
                y={top(over.row) - 0.5}
                width={Math.max(3, wide)}
                height={Math.max(3, high)}
              />
            ) : null}
          </svg>
        ) : null}
        <div
          className={onBrush ? "chart-hit" : props.onPick ? "chart-hit is-pick" : "chart-hit is-still"}
          role="slider"
          tabIndex={0}
          aria-label={t("Read {label} cell by cell", { label })}
          aria-valuemin={0}
          aria-valuemax={Math.max(0, rows.length * times.length - 1)}
          aria-valuenow={over ? over.row * times.length + over.column : 0}
          aria-valuetext={
            over
              ? `${columnText(over.column)}, ${rowText(over.row)}: ${valueText(over)}`
              : t("Arrow keys read the values")
          }
          style={{
            left: plot.left,
            width: Math.max(0, plot.right - plot.left),
            top: plot.top,
            height: plot.bottom - plot.top,
          }}
          onKeyDown={onKey}
          onBlur={() => read(null)}
          onPointerMove={(event) => read(cellAt(event))}
          onPointerLeave={() => {
            if (from === null) read(null);
          }}
          onPointerDown={(event) => {
            if (event.button !== 0) return;
            event.currentTarget.setPointerCapture(event.pointerId);
            setFrom(cellAt(event).column);
          }}
          onPointerCancel={() => setFrom(null)}
          onPointerUp={(event) => {
            const cell = cellAt(event);
            if (from !== null && from !== cell.column && onBrush && timed) {
              onBrush(
                Number(times[Math.min(from, cell.column)]),
                Number(times[Math.max(from, cell.column)]) + step,
              );
            } else if (from !== null) props.onPick?.(cell.row, cell.column);
            setFrom(null);
          }}
        />
        {over ? (
          <div
            className="chart-tip"
            style={
              over.column > times.length / 2
                ? { right: width - plot.left - over.column * wide + 8 }
                : { left: plot.left + (over.column + 1) * wide + 8 }
            }
          >
            <div className="chart-tip-head">{columnText(over.column)}</div>
            <div className="chart-tip-row">
              <span>{rowText(over.row)}</span>
              <span className="figure">{valueText(over)}</span>
            </div>
          </div>
        ) : null}
      </div>
    </ChartFrame>
  );
}

/** Which of the six shades a level has: few levels take every second one, so that they differ. */
function heatOf(level: number, of: number): number {
  return of <= 1 ? 4 : Math.round((level / (of - 1)) * 5) + 1;
}

function Levels(props: {
  levels: readonly number[];
  unit: Unit;
  peak: number;
  hue: string | undefined;
  whole: boolean;
}) {
  const { levels, unit, peak, whole } = props;
  if (levels.length === 0) return null;
  return (
    <ul className="heat-levels" style={{ "--c": colourOf(props.hue ?? "llm", 0) } as CSSProperties}>
      {levels.map((bound, index) => {
        const from = (levels[index - 1] ?? 0) + 1;
        const upper = formatUnit(unit, bound, peak);
        const text = !whole
          ? `≤ ${upper}`
          : from < bound
            ? `${formatUnit(unit, from, peak)}–${upper}`
            : upper;
        return (
          <li key={bound}>
            <i className={`heat-${heatOf(index, levels.length)}`} />
            <span className="figure">{text}</span>
          </li>
        );
      })}
    </ul>
  );
}
