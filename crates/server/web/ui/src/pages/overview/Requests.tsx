// How many requests a minute and how they ended, with the sessions at work and the slowest trace beside it.
import { useMemo } from "react";
import type { Answer } from "../../api/ask";
import { useAsk } from "../../api/ask";
import type { Scope } from "../../api/queries";
import {
  beforeSeries,
  boundsOf,
  Charted,
  formatUnit,
  minutesOf,
  pointsOf,
  type Series,
  Stat,
  TimeChart,
} from "../../charts";
import { Panel } from "../../components/Panel";
import { compact, marked } from "../../lib/format";
import { t } from "../../lib/i18n";
import { useCompare } from "../../state/compare";
import { filterHref } from "../../state/filters";
import { SESSIONS, TRACES } from "./asks";
import { picked } from "./pick";

function outcomes(answer: Answer): Series[] {
  const bounds = boundsOf(answer);
  const points = answer.total.points ?? [];
  const all = pointsOf(points, "per_min", bounds);
  const failed = pointsOf(
    points.map((point) => ({ ...point, count: point.errors })),
    "per_min",
    bounds,
  );
  return [
    {
      name: t("answered"),
      hue: "--chart-calm",
      points: all.map((point, index) => ({
        t: point.t,
        v: Math.max(0, (point.v ?? 0) - (failed[index]?.v ?? 0)),
      })),
      href: filterHref("/traces", { status: ["ok", "unset", "running"] }),
    },
    { name: t("failed"), hue: "failure", points: failed, href: filterHref("/traces", { status: "error" }) },
  ];
}

export function Requests({ scope, refetch }: { scope: Scope; refetch: number | false }) {
  const compare = useCompare();
  const query = useAsk(TRACES, scope, refetch);
  const before = useAsk({ from: "traces", step: "auto" }, scope, refetch, { before: true, enabled: compare });
  const series = useMemo(() => {
    if (!query.data) return [];
    const present = boundsOf(query.data);
    const now = outcomes(query.data);
    return compare && before.data
      ? [...now, beforeSeries(before.data, "per_min", t("previous period"), present, "muted")]
      : now;
  }, [query.data, before.data, compare]);
  const note = query.data ? rateText(query.data) : undefined;
  return (
    <Panel title={t("Requests per minute")} note={note}>
      <Charted query={query} height={168}>
        {(answer) => (
          <TimeChart
            shape="bar"
            stacked
            series={series}
            unit="per_min"
            {...boundsOf(answer)}
            height={168}
            label={t("Requests per minute")}
            onPick={picked}
          />
        )}
      </Charted>
    </Panel>
  );
}

function rateText(answer: Answer): string {
  const minutes = minutesOf(boundsOf(answer));
  const rate = minutes > 0 ? answer.total.count / minutes : 0;
  const text =
    rate === 0 ? "0" : rate < 0.01 ? marked("<0.01") : rate < 10 ? marked(rate.toFixed(2)) : compact(rate);
  return t("{rate} on average", { rate: text });
}

/** Sessions with a trace in the range. */
function sessionsOf(answer: Answer): number {
  return answer.groups.length + answer.left_out;
}

export function Sides({ scope, refetch }: { scope: Scope; refetch: number | false }) {
  const traces = useAsk(TRACES, scope, refetch);
  const tracesBefore = useAsk({ from: "traces" }, scope, refetch, { before: true });
  const sessions = useAsk(SESSIONS, scope, refetch);
  const sessionsBefore = useAsk(SESSIONS, scope, refetch, { before: true });
  const total = traces.data?.total;
  const slowest = total?.latency_ms?.max;
  const slowestBefore = tracesBefore.data?.total.latency_ms?.max;
  const active = sessions.data ? sessionsOf(sessions.data) : null;
  const activeBefore = sessionsBefore.data ? sessionsOf(sessionsBefore.data) : null;
  return (
    <div className="overview-sides">
      <Stat
        label={t("Active sessions")}
        value={active === null ? <span className="nil">–</span> : compact(active)}
        {...(active !== null && activeBefore !== null
          ? { delta: activeBefore > 0 ? active / activeBefore - 1 : null }
          : {})}
        href={filterHref("/sessions")}
      />
      <Stat
        label={t("In progress")}
        value={total ? compact(total.running) : <span className="nil">–</span>}
        href={filterHref("/traces", { status: "running" })}
      />
      <Stat
        label={t("Slowest trace")}
        value={slowest ? formatUnit("ms", slowest) : <span className="nil">–</span>}
        {...(slowest && slowestBefore ? { delta: slowest / slowestBefore - 1, good: "down" } : {})}
        href={filterHref("/traces", {}, { sort: "-duration" })}
      />
    </div>
  );
}
