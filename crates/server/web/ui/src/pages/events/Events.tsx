// What was said: log records and events of agents, joined to their traces.
import "./events.css";
import { useCallback, useMemo, useState } from "react";
import { useAsk } from "../../api/ask";
import { useStatus } from "../../api/queries";
import { type EventRow, LEVELS, type Level, useEvents } from "../../api/signals";
import { TimeChart } from "../../charts";
import { TeachToSend } from "../../components/FirstSteps";
import { type Column, Grid } from "../../components/Grid";
import { PanelSplit } from "../../components/PanelSplit";
import { PageHead } from "../../components/Shell";
import { Failure, NothingMatches, SkeletonRows } from "../../components/States";
import { Time } from "../../components/Time";
import { count } from "../../lib/format";
import { t } from "../../lib/i18n";
import { rangeLabel } from "../../lib/time";
import { useFollowing } from "../../state/follow";
import { useNarrow } from "../../state/screen";
import { rangeOf, setParams, usePlace } from "../../state/url";
import { EventPanel } from "./EventPanel";
import { EventsBar } from "./EventsBar";
import { eventKey, said } from "./said";
import { useTail } from "./tail";

/** What the page's own parameters ask for; names are those of the API. */
export const ASKED = ["level", "type", "session", "agent", "framework", "trace_id", "q"] as const;

/** Between two looks at the events over time while following. */
const OVER_TIME_MS = 10_000;

const HUES: Record<Level, string> = {
  trace: "--other",
  debug: "--other",
  info: "--llm",
  success: "--good",
  warning: "--warning",
  error: "--failure",
  critical: "--failure",
};

function asked(params: URLSearchParams): Record<string, string> {
  return Object.fromEntries(
    ASKED.flatMap((name) => (params.get(name) ? [[name, params.get(name) ?? ""]] : [])),
  );
}

const columns = (): Column<EventRow>[] => [
  { id: "time", head: t("Time"), width: "124px", cell: (row) => <Time at={row.time} /> },
  {
    id: "level",
    head: t("Level"),
    width: "72px",
    cell: (row) => <span className={`event-level is-${row.level}`}>{row.level}</span>,
  },
  {
    id: "type",
    head: t("Event"),
    width: "minmax(120px, 1fr)",
    cell: (row) => (
      <span className="row-name">{row.type ?? <span className="faint">{t("log line")}</span>}</span>
    ),
  },
  {
    id: "body",
    head: t("Message"),
    width: "minmax(200px, 3fr)",
    cell: (row) => <span className="mono event-said">{said(row)}</span>,
  },
  {
    id: "service",
    head: t("Service"),
    width: "minmax(90px, 1fr)",
    drop: 2,
    cell: (row) => row.service ?? "",
  },
  { id: "agent", head: t("Agent"), width: "minmax(80px, 1fr)", drop: 3, cell: (row) => row.agent ?? "" },
  {
    id: "trace",
    head: t("Trace"),
    width: "80px",
    drop: 1,
    cell: (row) => (row.trace_id ? <span className="mono faint">{row.trace_id.slice(0, 8)}</span> : null),
  },
];

const compact = (row: EventRow) => (
  <>
    <span className="compact-line">
      <span className="row-name">{row.type ?? t("log line")}</span>
      <Time at={row.time} />
    </span>
    <span className="compact-line muted mono">
      <span className={`event-level is-${row.level}`}>{row.level}</span> {said(row)}
    </span>
  </>
);

export function Events() {
  const { params } = usePlace();
  const range = useMemo(() => rangeOf(params), [params]);
  const filters = useMemo(() => asked(params), [params]);
  const following = useFollowing();
  const query = useEvents(range, filters);
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.events) ?? [], [query.data]);
  // An empty list has nothing that could move: the first events appear by themselves.
  const tail = useTail(following || rows.length === 0, JSON.stringify([range, filters]));
  const narrow = useNarrow();
  const [picked, setPicked] = useState<EventRow | null>(null);
  const heads = useMemo(columns, []);
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = query;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, hasNextPage, isFetchingNextPage]);

  const list = () => {
    if (query.isError && rows.length === 0)
      return <Failure error={query.error} retry={() => void query.refetch()} />;
    if (query.isPending) return <SkeletonRows rows={18} />;
    if (rows.length === 0) return <Nothing filtered={Object.keys(filters).length > 0} />;
    return (
      <Grid
        label={t("Events")}
        rows={rows}
        columns={heads}
        rowKey={eventKey}
        onPick={setPicked}
        picked={picked ? eventKey(picked) : null}
        compact={compact}
        onEnd={more}
        footer={<p className="grid-foot">{hasNextPage ? "" : t("End of the list")}</p>}
      />
    );
  };
  return (
    <>
      <EventsBar />
      <PageHead title={t("Events")}>
        {query.isSuccess ? (
          <span>
            {t(hasNextPage ? "Showing latest {n}" : "{n} shown", { n: count(rows.length) })} ·{" "}
            {rangeLabel(range)}
          </span>
        ) : null}
        {tail.fresh > 0 && !following ? (
          <button type="button" className="new-pill" onClick={tail.show}>
            {t("{n} new", { n: count(tail.fresh) })}
          </button>
        ) : null}
      </PageHead>
      {rows.length > 0 ? <OverTime filters={filters} following={following} /> : null}
      <div className="page-body">
        <PanelSplit
          covers={narrow}
          panel={picked ? <EventPanel event={picked} close={() => setPicked(null)} /> : null}
        >
          {list()}
        </PanelSplit>
      </div>
    </>
  );
}

/** Events a step by level; the least severe at the bottom. */
function OverTime({ filters, following }: { filters: Record<string, string>; following: boolean }) {
  const { params } = usePlace();
  const range = useMemo(() => rangeOf(params), [params]);
  const { session, agent, framework } = filters;
  const scope = useMemo(() => {
    const chosen = Object.entries({ session, agent, framework }).filter(([, value]) => value);
    return { range, filters: Object.fromEntries(chosen) as Record<string, string> };
  }, [range, session, agent, framework]);
  const query = useAsk(
    { from: "events", group_by: ["level"], step: "auto", top: LEVELS.length },
    scope,
    following ? OVER_TIME_MS : false,
  );
  const data = query.data;
  if (!data?.since || !data.until || !data.step_ms) return null;
  const series = LEVELS.flatMap((level) => {
    const group = data.groups.find(({ key }) => key.level === level || key.status === level);
    if (!group) return [];
    const points = (group.points ?? []).map((point) => ({ t: Date.parse(point.start), v: point.count }));
    return [{ name: level, hue: HUES[level], points }];
  });
  return (
    <div className="events-over-time">
      <TimeChart
        shape="bar"
        stacked
        series={series}
        unit="count"
        since={Date.parse(data.since)}
        until={Date.parse(data.until)}
        stepMs={data.step_ms}
        height={96}
        label={t("Events by level over time")}
      />
    </div>
  );
}

function Nothing({ filtered }: { filtered: boolean }) {
  const status = useStatus();
  if (status.data?.store.spans === 0) return <TeachToSend what={t("events")} />;
  return (
    <NothingMatches what={t("events")}>
      {filtered ? (
        <button
          type="button"
          className="button"
          onClick={() => setParams(Object.fromEntries(ASKED.map((name) => [name, null])))}
        >
          {t("Clear the filters")}
        </button>
      ) : (
        <p className="state-text">
          {t("Log records that agents send by OTLP are listed here, joined to their traces.")}
        </p>
      )}
    </NothingMatches>
  );
}
