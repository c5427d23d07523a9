// The picture of one panel, whatever its type, in the height that it is given.
import { useMemo, useRef } from "react";
import { type Answer, type AskGroup, type Figures, useAsk } from "../../api/ask";
import type { DashboardPanel } from "../../api/dashboards";
import type { Scope } from "../../api/queries";
import {
  addsUp,
  Bars,
  BoxPlot,
  type BoxRow,
  beforeSeries,
  betterOf,
  boundsOf,
  boundsOver,
  brushRange,
  Charted,
  changeOf,
  Donut,
  figureOf,
  figureText,
  Gauge,
  groupName,
  Heatmap,
  Histogram,
  isMeasure,
  type Measure,
  minutesOf,
  type Part,
  pointsOf,
  rebin,
  Stat,
  seriesOf,
  TimeChart,
  unitOf,
} from "../../charts";
import { ChartEmpty } from "../../charts/Frame";
import { heatOf } from "../../charts/heat";
import type { Naming } from "../../charts/measures";
import { useHeight } from "../../charts/useSize";
import { count, usdExact } from "../../lib/format";
import { t } from "../../lib/i18n";
import { useCompare } from "../../state/compare";
import { tracesBehind } from "./behind";
import { GroupTable } from "./GroupTable";
import { askOf, hueOfPanel, isSpread } from "./model";
import { SqlPanel } from "./SqlPanel";

export interface PanelProps {
  panel: DashboardPanel;
  scope: Scope;
  variables: Record<string, string>;
  refetch: number | false;
}

interface DrawProps {
  panel: DashboardPanel;
  answer: Answer;
  before: Answer | undefined;
  height: number;
  hrefOf: (group?: AskGroup) => string;
}

const LEGEND = 50;

const naming = (panel: DashboardPanel): Naming => ({
  unknown: t("unknown"),
  rest: t("Other"),
  all: panel.title,
  unpriced: t("unpriced"),
});

export function PanelBody(props: PanelProps) {
  const box = useRef<HTMLDivElement>(null);
  const height = Math.max(60, useHeight(box));
  return (
    <div className="panel-body" ref={box}>
      {props.panel.from === "sql" ? (
        <SqlPanel {...props} height={height - 4} />
      ) : (
        <FigurePanel {...props} height={height} />
      )}
    </div>
  );
}

function FigurePanel({ panel, scope, variables, refetch, height }: PanelProps & { height: number }) {
  const compare = useCompare();
  const ask = useMemo(() => askOf(panel, variables), [panel, variables]);
  const query = useAsk(ask, scope, refetch);
  const compared = compare && (panel.type === "stat" || ["line", "area", "bar"].includes(panel.type));
  const before = useAsk(
    { ...ask, group_by: [], top: undefined, sort: undefined, histogram: undefined },
    scope,
    refetch,
    {
      before: true,
      enabled: compared,
    },
  );
  const hrefOf = (group?: AskGroup) => tracesBehind(panel, variables, scope.filters.filter, group);
  return (
    <Charted
      query={query}
      height={height - 4}
      empty={(answer) => answer.total.count === 0 && panel.type !== "stat" && panel.type !== "gauge"}
    >
      {(answer) => (
        <Drawing
          panel={panel}
          answer={answer}
          before={compared ? before.data : undefined}
          height={height}
          hrefOf={hrefOf}
        />
      )}
    </Charted>
  );
}

function Drawing(props: DrawProps) {
  const { panel, height } = props;
  const { measure } = panel;
  if (panel.type === "heatmap") return <HeatPanel {...props} />;
  if (panel.type === "histogram") return <SizesPanel {...props} />;
  if (panel.type === "box") return <BoxPanel {...props} />;
  if (!isMeasure(measure))
    return <ChartEmpty height={height - 4}>{t("This panel cannot show {measure}.", { measure })}</ChartEmpty>;
  if (panel.type === "stat") return <StatPanel {...props} measure={measure} />;
  if (panel.type === "gauge") return <GaugePanel {...props} measure={measure} />;
  if (panel.type === "pie") return <PiePanel {...props} measure={measure} />;
  if (panel.type === "table")
    return <GroupTable answer={props.answer} panel={panel} measure={measure} hrefOf={props.hrefOf} />;
  if (panel.step === "none") return <RankPanel {...props} measure={measure} />;
  return <TimePanel {...props} measure={measure} />;
}

type Measured = DrawProps & { measure: Measure };

function TimePanel({ panel, answer, before, height, hrefOf, measure }: Measured) {
  const bounds = boundsOf(answer);
  const hue = panel.group_by.length === 0 ? hueOfPanel(panel) : undefined;
  const series = seriesOf(answer, measure, naming(panel), { href: hrefOf }).map((one) =>
    hue ? { ...one, hue } : one,
  );
  const all = before
    ? [...series, beforeSeries(before, measure, t("previous period"), bounds, "muted")]
    : series;
  const legend = all.length > 1 || panel.group_by.length > 0;
  return (
    <TimeChart
      shape={panel.type === "area" ? "area" : panel.type === "bar" ? "bar" : "line"}
      stacked={Boolean(panel.stacked) && addsUp(measure)}
      series={all}
      unit={unitOf(measure)}
      {...bounds}
      onBrush={brushRange}
      height={Math.max(60, height - (legend ? LEGEND : 4))}
      label={panel.title}
      legend={legend}
      target={panel.target}
    />
  );
}

function GaugePanel({ panel, answer, hrefOf, measure }: Measured) {
  const minutes = minutesOf(boundsOf(answer));
  return (
    <Gauge
      value={figureOf(answer.total, measure, minutes)}
      text={figureText(answer.total, measure, minutes, t("unpriced"))}
      unit={unitOf(measure)}
      target={panel.target}
      better={betterOf(measure)}
      hue={hueOfPanel(panel)}
      label={panel.title}
      href={hrefOf()}
    />
  );
}

/** How many different groups there are; those that are not named are none. */
function differentOnes(answer: Answer): number {
  const nameless = answer.groups.filter((group) =>
    Object.values(group.key).every((part) => part === null),
  ).length;
  return answer.groups.length - nameless + answer.left_out;
}

function StatPanel({ panel, answer, before, hrefOf, measure }: Measured) {
  const bounds = boundsOf(answer);
  if (measure === "groups") {
    return <Stat label="" value={count(differentOnes(answer))} href={hrefOf()} />;
  }
  const { total } = answer;
  const minutes = minutesOf(bounds);
  const unit = unitOf(measure);
  const text = figureText(total, measure, minutes, t("unpriced"));
  const failing =
    (measure === "errors" || measure === "error_rate") && (figureOf(total, measure, minutes) ?? 0) > 0;
  const exact = measure === "cost" && total.cost_usd ? usdExact(total.cost_usd) : undefined;
  return (
    <Stat
      label=""
      value={<span className={failing ? "failing" : undefined}>{text}</span>}
      title={exact}
      note={noteOf(total, measure)}
      {...(before ? { delta: changeOf(total, before.total, measure, minutes) } : {})}
      before={before ? figureText(before.total, measure, minutes, t("unpriced")) : undefined}
      points={unit === "percent"}
      spark={
        answer.step_ms && total.points && total.points.length > 1
          ? pointsOf(total.points, measure, bounds).map((point) => point.v)
          : undefined
      }
      sparkHue={hueOfPanel(panel)}
      sparkPartial
      href={hrefOf()}
    />
  );
}

function noteOf(total: Figures, measure: Measure): string | undefined {
  if (measure === "cost" && total.unpriced_calls > 0)
    return t("+ {n} unpriced", { n: count(total.unpriced_calls) });
  if ((measure === "error_rate" || measure === "success_rate") && total.count > 0)
    return t("{n} of {all} failed", { n: count(total.errors), all: count(total.count) });
  return undefined;
}

function PiePanel({ panel, answer, hrefOf, measure }: Measured) {
  const minutes = minutesOf(boundsOf(answer));
  const words = naming(panel);
  const parts: Part[] = answer.groups.flatMap((group) => {
    const value = figureOf(group, measure, minutes);
    if (value === null || value <= 0) return [];
    const text = figureText(group, measure, minutes, words.unpriced);
    return [{ name: groupName(group, words.unknown, answer.group_by), value, href: hrefOf(group), text }];
  });
  const whole = figureOf(answer.total, measure, minutes) ?? 0;
  const rest = whole - parts.reduce((sum, part) => sum + part.value, 0);
  const all =
    answer.left_out > 0 && rest > 1e-9 ? [...parts, { name: words.rest, value: rest, rest: true }] : parts;
  if (all.length === 0) return <ChartEmpty height={120} />;
  return (
    <Donut
      parts={all}
      unit={unitOf(measure)}
      label={panel.title}
      total={figureText(answer.total, measure, minutes, words.unpriced)}
    />
  );
}

function RankPanel({ panel, answer, hrefOf, measure }: Measured) {
  const minutes = minutesOf(boundsOf(answer));
  const words = naming(panel);
  return (
    <Bars
      unit={unitOf(measure)}
      hue={hueOfPanel(panel)}
      label={panel.title}
      rows={answer.groups.map((group) => ({
        name: groupName(group, words.unknown, answer.group_by),
        value: figureOf(group, measure, minutes),
        text: figureText(group, measure, minutes, words.unpriced),
        href: hrefOf(group),
      }))}
    />
  );
}

function HeatPanel({ panel, answer, height }: DrawProps) {
  const heat = useMemo(() => heatOf(answer, panel.measure), [answer, panel.measure]);
  const spread = isSpread(panel.measure);
  if (heat.rows.length === 0) return <ChartEmpty height={height - 4} />;
  return (
    <Heatmap
      {...heat}
      unit={spread ? "count" : isMeasure(panel.measure) ? unitOf(panel.measure) : "count"}
      rowUnit="ms"
      hue={hueOfPanel(panel)}
      height={Math.max(80, height - 28)}
      label={panel.title}
    />
  );
}

function SizesPanel({ panel, answer, height }: DrawProps) {
  const spread = panel.measure === "ttft" ? answer.total.ttft_ms : answer.total.latency_ms;
  const fine = (spread?.histogram ?? []).map(([upper, number]) => ({ upper, count: number }));
  if (!spread || fine.length === 0) return <ChartEmpty height={height - 4} />;
  return (
    <Histogram
      bins={rebin(fine, boundsOver([fine]))}
      unit="ms"
      hue={hueOfPanel(panel)}
      height={Math.max(80, height - 4)}
      label={panel.title}
      marks={[
        { name: "p50", value: spread.p50 },
        { name: "p95", value: spread.p95 },
        { name: "p99", value: spread.p99 },
      ]}
    />
  );
}

function BoxPanel({ panel, answer, height, hrefOf }: DrawProps) {
  const rows = answer.groups.flatMap((group): BoxRow[] => {
    const spread = panel.measure === "ttft" ? group.ttft_ms : group.latency_ms;
    return spread
      ? [
          {
            ...spread,
            name: groupName(group, t("unknown"), answer.group_by),
            hue: hueOfPanel(panel),
            href: hrefOf(group),
          },
        ]
      : [];
  });
  if (rows.length === 0) return <ChartEmpty height={height - 4} />;
  return (
    <div className="panel-scroll">
      <BoxPlot rows={rows} unit="ms" label={panel.title} />
    </div>
  );
}
