// Log records and events of agents, joined to their traces.
import "../../styles/traces.css";
import "./events.css";
import { useCallback, useMemo, useState } from "react";
import { useStatus } from "../../api/queries";
import { type EventRow, useEvents } from "../../api/signals";
import { FacetsButton, FacetsPanel } from "../../components/FacetParts";
import { TeachToSend } from "../../components/FirstSteps";
import { type Column, Grid } from "../../components/Grid";
import { PageHead } from "../../components/PageTop";
import { PanelSplit } from "../../components/PanelSplit";
import { Failure, NothingMatches, SkeletonRows } from "../../components/States";
import { Time } from "../../components/Time";
import { count } from "../../lib/format";
import { t } from "../../lib/i18n";
import { rangeLabel } from "../../lib/time";
import { useFacetsOpen } from "../../state/facets";
import { useFollowing } from "../../state/follow";
import { useNarrow } from "../../state/screen";
import { rangeOf, setParams, usePlace } from "../../state/url";
import { EventFacets } from "./EventFacets";
import { EventPanel } from "./EventPanel";
import { EventsBar } from "./EventsBar";
import { totalOf, useEventGroups } from "./facets";
import { OverTime } from "./OverTime";
import { eventKey, said } from "./said";
import { useTail } from "./tail";

/** What the page's own parameters ask for; names are those of the API. */
export const ASKED = ["level", "type", "session", "agent", "framework", "trace_id", "q"] as const;

/** Interval of refreshes of the facets while the page follows. */
const FACETS_MS = 15_000;

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
    width: "minmax(160px, 2fr)",
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
  const [facets, setFacets] = useFacetsOpen();
  const counts = useEventGroups(range, filters, following ? FACETS_MS : false);
  const total = counts.groups && counts.isExact ? totalOf(counts.groups, filters) : null;
  const bare = useStatus().data?.store.spans === 0 && rows.length === 0;
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
      <PageHead
        title={t("Events")}
        tools={
          bare || !counts.groups ? null : <FacetsButton isOpen={facets} onToggle={() => setFacets(!facets)} />
        }
      >
        {query.isSuccess && !bare ? (
          <span role="status">
            {total !== null && hasNextPage
              ? t("{n} events", { n: count(total), count: total })
              : hasNextPage
                ? t("Showing latest {n}", { n: count(rows.length) })
                : t("{n} events", { n: count(rows.length), count: rows.length })}{" "}
            · {rangeLabel(range)}
          </span>
        ) : null}
        {tail.fresh > 0 && !following ? (
          <button type="button" className="new-pill" onClick={tail.show}>
            {t("{n} new", { n: count(tail.fresh) })}
          </button>
        ) : null}
      </PageHead>
      <div className="traces">
        {facets && !bare && counts.groups ? (
          <FacetsPanel
            done={t("Show {n} events", { n: total === null ? "…" : count(total), count: total ?? 2 })}
            close={() => setFacets(false)}
          >
            <EventFacets {...counts} filters={filters} />
          </FacetsPanel>
        ) : null}
        <div className="traces-main">
          {rows.length > 0 && !filters.trace_id ? (
            <OverTime range={range} filters={filters} following={following} />
          ) : null}
          <div className="page-body">
            <PanelSplit
              covers={narrow}
              panel={picked ? <EventPanel event={picked} close={() => setPicked(null)} /> : null}
            >
              {list()}
            </PanelSplit>
          </div>
        </div>
      </div>
    </>
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
