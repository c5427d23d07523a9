// A result of SQL as a chart, on its page and on dashboards.
import { useMemo } from "react";
import type { SqlResult } from "../../api/sql";
import { Bars, ChartEmpty, Donut, formatUnit, Gauge, Stat, TimeChart } from "../../charts";
import { t } from "../../lib/i18n";
import { bars, chartsOf, type SqlChart, shapeOf, single, timeline } from "../../lib/sqlChart";

interface Props {
  result: SqlResult;
  chart: SqlChart | "gauge";
  label: string;
  height: number;
  stacked?: boolean;
  target?: number | undefined;
  hue?: string;
}

const LEGEND = 50;

/** Dashboards draw the first row as a number; the page offers that for one row only. */
function fits(result: SqlResult, chart: Props["chart"]): boolean {
  const shape = shapeOf(result);
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
  const drawable = useMemo(() => fits(result, chart), [result, chart]);
  if (result.rows.length === 0)
    return <ChartEmpty height={height}>{t("The statement has no rows.")}</ChartEmpty>;
  if (!drawable) return <ChartEmpty height={height}>{needs(chart)}</ChartEmpty>;
  if (chart === "stat" || chart === "gauge") return <Single {...props} chart={chart} />;
  const shape = shapeOf(result);
  const isTimed = chart !== "pie" && chartsOf(result, shape).includes("line");
  return isTimed ? <OverTime {...props} /> : <ByName {...props} />;
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

function OverTime({ result, chart, label, height, stacked, target }: Props) {
  const drawn = useMemo(() => timeline(result, t("unknown")), [result]);
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

function ByName({ result, chart, label, hue }: Props) {
  const { rows, unit, left } = useMemo(() => bars(result, t("unknown")), [result]);
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
