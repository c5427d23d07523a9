// A result of SQL as a chart: which columns are times, names and figures, and what can be drawn of them.
import type { SqlResult, SqlValue } from "../api/sql";
import type { BarRow, Series, Unit } from "../charts/types";

export const SQL_CHARTS = ["line", "area", "bar", "pie", "stat"] as const;
export type SqlChart = (typeof SQL_CHARTS)[number];

/** Places of columns by their use. */
export interface Shape {
  time: number | null;
  names: number[];
  figures: number[];
}

/** Series and bars that are drawn; the table has all. */
const MOST_SERIES = 12;
const MOST_BARS = 50;
const MOST_PARTS = 12;
/** A result with more columns of names, or more series, has records rather than groups. */
const MOST_NAMES = 2;
const MOST_GROUPS = 50;

const TIME = /^\d{4}-\d{2}(-\d{2}(T\d{2}(:\d{2}(:\d{2}(\.\d+)?)?Z?)?)?)?$/;
const DECIMAL = /^-?\d+(\.\d+)?$/;

/** Unix milliseconds of a time or the prefix of one, read as UTC. */
export function timeOf(value: SqlValue): number | null {
  if (typeof value !== "string" || !TIME.test(value)) return null;
  const short = value.length === 13 ? `${value}:00` : value;
  const zoned = short.length > 10 && !short.endsWith("Z") ? `${short}Z` : short;
  const at = Date.parse(zoned);
  return Number.isNaN(at) ? null : at;
}

/** A number, or an amount as decimal text. */
export function figureOfCell(value: SqlValue): number | null {
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  return typeof value === "string" && DECIMAL.test(value) ? Number(value) : null;
}

export function shapeOf({ columns, rows }: SqlResult): Shape {
  const shape: Shape = { time: null, names: [], figures: [] };
  columns.forEach((_, at) => {
    const values = rows.map((row) => row[at] ?? null).filter((value) => value !== null);
    const all = (is: (value: SqlValue) => boolean) => values.length > 0 && values.every(is);
    if (shape.time === null && all((value) => timeOf(value) !== null)) shape.time = at;
    else if (all((value) => figureOfCell(value) !== null)) shape.figures.push(at);
    else shape.names.push(at);
  });
  return shape;
}

const nameOfRow = (row: readonly SqlValue[], names: readonly number[], unknown: string) =>
  names.map((at) => (row[at] === null || row[at] === "" ? unknown : String(row[at]))).join(" · ");

/** The shape with the named column as its first figure, which is the one that is drawn. */
export function drawnBy(result: SqlResult, name: string | null, shape = shapeOf(result)): Shape {
  const chosen = shape.figures.find((at) => result.columns[at]?.name === name);
  if (chosen === undefined) return shape;
  return { ...shape, figures: [chosen, ...shape.figures.filter((at) => at !== chosen)] };
}

/** What the result can be drawn as, the best first; nothing for a result that is only a table. */
export function chartsOf(result: SqlResult, shape = shapeOf(result)): SqlChart[] {
  const { rows } = result;
  const figure = shape.figures[0];
  if (rows.length === 0 || figure === undefined || shape.names.length > MOST_NAMES) return [];
  if (rows.length === 1 && shape.names.length === 0) return ["stat"];
  const times = new Set(shape.time === null ? [] : rows.map((row) => row[shape.time ?? 0]));
  if (times.size > 1) {
    const groups = new Set(rows.map((row) => nameOfRow(row, shape.names, "")));
    return groups.size > MOST_GROUPS ? [] : ["line", "area", "bar"];
  }
  if (shape.names.length === 0) return [];
  const parts = rows.every((row) => (figureOfCell(row[figure] ?? null) ?? 0) >= 0);
  return parts && rows.length <= MOST_PARTS ? ["bar", "pie"] : ["bar"];
}

/** The unit that the name of a column says. */
export function unitOfColumn(name: string): Unit {
  const word = name.toLowerCase();
  if (/(^|_)(usd|cost|spend)($|_)|_usd\b|usd_sum/.test(word)) return "usd";
  if (/_ms($|\b)|(^|_)ms$/.test(word)) return "ms";
  return /bytes/.test(word) ? "bytes" : "number";
}

export interface Timeline {
  series: Series[];
  unit: Unit;
  since: number;
  until: number;
  stepMs: number;
  /** Series that are not drawn. */
  left: number;
}

/** A line for each name, or for each column of figures in the unit of the first. */
export function timeline(result: SqlResult, unknown: string, shape = shapeOf(result)): Timeline {
  const { columns, rows } = result;
  const at = (row: readonly SqlValue[]) => timeOf(row[shape.time ?? 0] ?? null);
  const unit = unitOfColumn(columns[shape.figures[0] ?? 0]?.name ?? "");
  const found = new Map<string, Map<number, number>>();
  const put = (name: string, time: number, value: number) => {
    const points = found.get(name) ?? new Map<number, number>();
    points.set(time, (points.get(time) ?? 0) + value);
    found.set(name, points);
  };
  const alike = shape.figures.filter((figure) => unitOfColumn(columns[figure]?.name ?? "") === unit);
  for (const row of rows) {
    const time = at(row);
    if (time === null) continue;
    const first = shape.figures[0] ?? 0;
    const pairs: [string, number][] = shape.names.length
      ? [[nameOfRow(row, shape.names, unknown), first]]
      : alike.map((figure): [string, number] => [columns[figure]?.name ?? "", figure]);
    for (const [name, figure] of pairs) {
      const value = figureOfCell(row[figure] ?? null);
      if (value !== null) put(name, time, value);
    }
  }
  const sum = (points: Map<number, number>) => [...points.values()].reduce((all, one) => all + one, 0);
  const ranked = [...found].sort(([, one], [, other]) => sum(other) - sum(one));
  const series = ranked.slice(0, MOST_SERIES).map(
    ([name, points]): Series => ({
      name,
      points: [...points].sort(([one], [other]) => one - other).map(([t, v]) => ({ t, v })),
    }),
  );
  const times = [...new Set(rows.flatMap((row) => at(row) ?? []))].sort((one, other) => one - other);
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  const stepMs = Math.max(1, Math.min(...gaps));
  const [since = 0, last = since] = [times[0], times[times.length - 1]];
  return { series, unit, since, until: last + stepMs, stepMs, left: ranked.length - series.length };
}

export interface Bars {
  rows: BarRow[];
  unit: Unit;
  /** Rows that are not drawn. */
  left: number;
}

/** A bar for each row, in the order of the statement. Rows of one name are one bar. */
export function bars(result: SqlResult, unknown: string, shape = shapeOf(result)): Bars {
  const figure = shape.figures[0] ?? 0;
  const found = new Map<string, number | null>();
  for (const row of result.rows) {
    const name = nameOfRow(row, shape.names, unknown);
    const value = figureOfCell(row[figure] ?? null);
    const before = found.get(name);
    found.set(name, before === undefined || before === null ? value : before + (value ?? 0));
  }
  const rows = [...found].map(([name, value]): BarRow => ({ name, value }));
  const unit = unitOfColumn(result.columns[figure]?.name ?? "");
  return { rows: rows.slice(0, MOST_BARS), unit, left: Math.max(0, rows.length - MOST_BARS) };
}

/** The one figure of a result: that of its first row. */
export function single(
  result: SqlResult,
  shape = shapeOf(result),
): { name: string; value: number; unit: Unit } | null {
  const figure = shape.figures[0];
  const row = result.rows[0];
  if (figure === undefined || !row) return null;
  const value = figureOfCell(row[figure] ?? null);
  const name = result.columns[figure]?.name ?? "";
  return value === null ? null : { name, value, unit: unitOfColumn(name) };
}
