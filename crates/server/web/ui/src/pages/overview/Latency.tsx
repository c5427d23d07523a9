// How long requests took: as a picture of time by duration, or as one distribution with its percentiles.
import { useMemo, useState } from "react";
import type { Answer } from "../../api/ask";
import { useAsk } from "../../api/ask";
import type { Scope } from "../../api/queries";
import {
  binsOf,
  boundsOf,
  boundsOver,
  Charted,
  Heatmap,
  Histogram,
  pointsOf,
  rebin,
  TimeChart,
} from "../../charts";
import { heatOf } from "../../charts/heat";
import { Panel } from "../../components/Panel";
import { Segments } from "../../components/Segments";
import { t } from "../../lib/i18n";
import { filterHref } from "../../state/filters";
import { recall, remember } from "../../state/memory";
import { navigate } from "../../state/url";
import { TRACES } from "./asks";
import { picked } from "./pick";

type View = "heatmap" | "lines" | "sizes";
const HEIGHT = 216;

const between = (from: number, to: number) =>
  from > 0 ? { duration: `:${from}ms..${to}ms` } : { duration: `<=${to}ms` };

export function LatencyPanel({ scope, refetch }: { scope: Scope; refetch: number | false }) {
  const query = useAsk(TRACES, scope, refetch);
  const [view, setView] = useState<View>(() => {
    const kept = recall("latency-view");
    return kept === "lines" || kept === "sizes" ? kept : "heatmap";
  });
  const views = [
    { id: "heatmap" as const, label: t("over time") },
    { id: "lines" as const, label: t("percentiles") },
    { id: "sizes" as const, label: t("distribution") },
  ];
  return (
    <Panel
      title={t("Latency")}
      note={
        <Segments
          label={t("Latency")}
          options={views}
          value={view}
          onPick={(next) => {
            setView(next);
            remember("latency-view", next);
          }}
        />
      }
    >
      <Charted
        query={query}
        height={HEIGHT}
        empty={(answer) => answer.total.latency_ms === null}
        nothing={t("No request has ended in this time.")}
      >
        {(answer) =>
          view === "heatmap" ? (
            <OverTime answer={answer} />
          ) : view === "lines" ? (
            <Percentiles answer={answer} />
          ) : (
            <Sizes answer={answer} />
          )
        }
      </Charted>
    </Panel>
  );
}

function OverTime({ answer }: { answer: Answer }) {
  const heat = useMemo(() => heatOf(answer, "latency"), [answer]);
  const { stepMs } = boundsOf(answer);
  return (
    <Heatmap
      {...heat}
      unit="count"
      rowUnit="ms"
      hue="agent"
      height={HEIGHT}
      label={t("Requests by time and duration")}
      onPick={(row, column) => {
        const start = heat.times[column] ?? 0;
        picked(start, start + stepMs, between(Number(heat.rows[row - 1] ?? 0), Number(heat.rows[row] ?? 0)));
      }}
    />
  );
}

function Percentiles({ answer }: { answer: Answer }) {
  const bounds = boundsOf(answer);
  const points = answer.total.points ?? [];
  const series = (["p50", "p95", "p99"] as const).map((name, index) => ({
    name,
    hue: ["--chart-6", "--chart-1", "--chart-4"][index] ?? "--chart-1",
    points: pointsOf(points, name, bounds),
  }));
  return (
    <TimeChart
      shape="line"
      series={series}
      unit="ms"
      {...bounds}
      height={HEIGHT}
      label={t("Percentiles of the duration of requests")}
      onPick={picked}
    />
  );
}

function Sizes({ answer }: { answer: Answer }) {
  const bins = binsOf(answer.total);
  const spread = answer.total.latency_ms;
  return (
    <Histogram
      bins={rebin(bins, boundsOver([bins]))}
      unit="ms"
      hue="agent"
      height={HEIGHT + 20}
      label={t("Requests by duration")}
      marks={
        spread
          ? [
              { name: "p50", value: spread.p50 },
              { name: "p95", value: spread.p95 },
              { name: "p99", value: spread.p99 },
            ]
          : []
      }
      onPick={(from, to) => navigate(filterHref("/traces", between(from, to)))}
    />
  );
}
