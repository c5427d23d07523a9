// A result of SQL as a chart, on its page and on dashboards.
import { useMemo } from "react";
import type { SqlResult } from "../../api/sql";
import { Bars, ChartEmpty, Donut, formatUnit, Gauge, Stat, TimeChart } from "../../charts";
import { t } from "../../lib/i18n";
import { bars, chartsOf, type Shape, type SqlChart, shapeOf, single, timeline } from "../../lib/sqlChart";

interface Props {
  result: SqlResult;
  /** The use of the columns, with the drawn figure first; by default that of the result. */
  shape?: Shape;
  chart: SqlChart | "gauge";
  label: string;
  height: number;
  stacked?: boolean;
  target?: number | undefined;
  hue?: string;
}

const LEGEND = 50;

/** Dashboards draw the first row as a number; the page offers that for one row only. */
function fits(result: SqlResult, chart: Props["chart"], shape: Shape): boolean {
  if (chart === "stat" || chart === "gauge") return shape.figures.length > 0;
  return chartsOf(result, shape).includes(chart);
}

function needs(chart: Props["chart"]): string {
  if (chart === "line" || chart === "area")
    return t("A line needs a column of times with at least two times, and a column of numbers.");
  if (chart === "stat" || chart === "gauge") return t("A number needs a column of numbers.");
  return t("Bars need a column of names or times, and a column of numbers.");
}

export function ResultChart(props: Props) {
  const { result, chart, height } = props;
  const own = useMemo(() => shapeOf(result), [result]);
  const shape = props.shape ?? own;
  const drawable = useMemo(() => fits(result, chart, shape), [result, chart, shape]);
  if (result.rows.length === 0)
    return <ChartEmpty height={height}>{t("The statement has no rows.")}</ChartEmpty>;
  if (!drawable) return <ChartEmpty height={height}>{needs(chart)}</ChartEmpty>;
  if (chart === "stat" || chart === "gauge") return <Single {...props} chart={chart} />;
  const isTimed = chart !== "pie" && chartsOf(result, shape).includes("line");
  return isTimed ? <OverTime {...props} shape={shape} /> : <ByName {...props} shape={shape} />;
}

function Single({ result, chart, label, target, hue = "llm" }: Props) {
  const found = single(result);
  if (!found) return <ChartEmpty>{t("The first row has no number.")}</ChartEmpty>;
  const { name, value, unit } = found;
  const text = formatUnit(unit, value);
  if (chart === "gauge")
    return <Gauge value={value} text={text} unit={unit} target={target} hue={hue} label={label} />;
  return <Stat label="" value={text} note={name} />;
}

type Shaped = Props & { shape: Shape };

function OverTime({ result, shape, chart, label, height, stacked, target }: Shaped) {
  const drawn = useMemo(() => timeline(result, t("unknown"), shape), [result, shape]);
  const legend = drawn.series.length > 1;
  const { left, ...rest } = drawn;
  return (
    <>
      <TimeChart
        shape={chart === "area" ? "area" : chart === "bar" ? "bar" : "line"}
        stacked={stacked ?? chart !== "line"}
        {...rest}
        onBrush={null}
        height={Math.max(60, height - (legend ? LEGEND : 4))}
        label={label}
        legend={legend}
        target={target}
      />
      {left > 0 ? <p className="muted">{t("{n} further lines are not drawn.", { n: left })}</p> : null}
    </>
  );
}

function ByName({ result, shape, chart, label, hue }: Shaped) {
  const { rows, unit, left } = useMemo(() => bars(result, t("unknown"), shape), [result, shape]);
  const peak = Math.max(0, ...rows.map((row) => row.value ?? 0));
  if (chart === "pie") {
    const parts = rows.flatMap(({ name, value }) =>
      value !== null && value > 0 ? [{ name, value, text: formatUnit(unit, value, peak) }] : [],
    );
    return parts.length > 0 ? <Donut parts={parts} unit={unit} label={label} /> : <ChartEmpty />;
  }
  return (
    <>
      <Bars rows={rows} unit={unit} label={label} {...(hue ? { hue } : {})} />
      {left > 0 ? <p className="muted">{t("{n} further bars are not drawn.", { n: left })}</p> : null}
    </>
  );
}
