// Which conversations took place, and what did each one cost?
import { useCallback, useMemo } from "react";
import { type Scope, useSession, useSessions, useStatus } from "../api/queries";
import type { Session } from "../api/types";
import { Copy } from "../components/Copy";
import { type Column, Grid } from "../components/Grid";
import { Icon } from "../components/Icon";
import { Link } from "../components/Link";
import { ListPrice, Money, NO_USAGE, NoUsage, reasonText } from "../components/Money";
import { PageHead, TopBar } from "../components/Shell";
import { Failure, Loading, NothingMatches, SkeletonRows, TeachToSend } from "../components/States";
import { compactTrace, costPlaces, traceColumns } from "../components/traceColumns";
import { count, headlinePlaces, plural, stopwatch, usdColumnPlaces } from "../lib/format";
import { fullTime, listTime, rangeLabel } from "../lib/time";
import { filterParams } from "../state/filters";
import { useFollowing } from "../state/follow";
import { useKeys } from "../state/keys";
import { back, href, rangeOf, usePlace } from "../state/url";

const figure = (value: number, failing = false) => (
  <span className={`figure ${value === 0 ? "nil" : failing ? "failing" : ""}`}>{count(value)}</span>
);

function SessionCost({ session, places }: { session: Session; places?: number }) {
  if (session.cost_usd === null && session.subscription_usd)
    return <ListPrice value={session.subscription_usd} {...(places === undefined ? {} : { places })} />;
  return (
    <Money
      value={session.cost_usd}
      places={places ?? headlinePlaces(session.cost_usd ?? "0")}
      billable={session.llm_calls > 0}
      used={session.cost_reason !== NO_USAGE}
      reason={reasonText(session.cost_reason)}
    />
  );
}

const columnsFor = (places: number): readonly Column<Session>[] => [
  {
    id: "last",
    head: "Last active",
    width: "118px",
    cell: (row) => (
      <time className="figure muted" dateTime={row.last_at} title={fullTime(row.last_at)}>
        {listTime(row.last_at)}
      </time>
    ),
  },
  {
    id: "id",
    head: "Session",
    width: "minmax(120px, 1.4fr)",
    cell: (row) => <span className="row-name">{row.session_id}</span>,
  },
  {
    id: "user",
    head: "User",
    width: "minmax(90px, 1fr)",
    drop: 2,
    cell: (row) => <span className="muted">{row.user_id ?? <span className="nil">unknown</span>}</span>,
  },
  {
    id: "agents",
    head: "Agents",
    width: "minmax(100px, 1.6fr)",
    drop: 4,
    cell: (row) => <span className="muted">{row.agents.join(", ") || "–"}</span>,
  },
  {
    id: "span",
    head: "Length",
    title: "From the first to the last trace, in hours, minutes and seconds",
    width: "88px",
    end: true,
    drop: 3,
    cell: (row) => (
      <span className="figure">{stopwatch(Date.parse(row.last_at) - Date.parse(row.started_at))}</span>
    ),
  },
  { id: "traces", head: "Traces", width: "60px", end: true, cell: (row) => figure(row.traces) },
  {
    id: "llm",
    head: "LLM",
    title: "LLM calls",
    width: "60px",
    end: true,
    cell: (row) => figure(row.llm_calls),
  },
  {
    id: "tools",
    head: "Tools",
    title: "Tool calls",
    width: "60px",
    end: true,
    cell: (row) => figure(row.tool_calls),
  },
  { id: "errors", head: "Errors", width: "60px", end: true, cell: (row) => figure(row.errors, true) },
  {
    id: "tokens",
    head: "Tokens",
    width: "80px",
    end: true,
    cell: (row) => (
      <span className="figure">{row.cost_reason === NO_USAGE ? <NoUsage /> : count(row.tokens.total)}</span>
    ),
  },
  {
    id: "cost",
    head: "Cost",
    width: "96px",
    end: true,
    cell: (row) => (
      <span className="figure">
        <SessionCost session={row} places={places} />
      </span>
    ),
  },
];

const compactSession = (places: number) => (row: Session) => {
  return (
    <>
      <span className="compact-line">
        <span className="row-name">{row.session_id}</span>
        <span className="figure">
          <SessionCost session={row} places={places} />
        </span>
      </span>
      <span className="compact-line muted">
        <span>
          {plural(row.traces, "trace")} · <span className="figure">{listTime(row.last_at)}</span>
        </span>
        <span className="figure">{count(row.tokens.total)} tok</span>
      </span>
    </>
  );
};

interface Pages {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
}

/** Asks for the next page, once, when there is one. */
function useMore({ hasNextPage, isFetchingNextPage, fetchNextPage }: Pages): () => void {
  return useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, hasNextPage, isFetchingNextPage]);
}

export function Sessions() {
  const { params } = usePlace();
  const scope = useMemo<Scope>(() => ({ range: rangeOf(params), filters: filterParams(params) }), [params]);
  const query = useSessions(scope, useFollowing() ? 5_000 : false);
  const status = useStatus();
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.sessions) ?? [], [query.data]);
  const places = useMemo(() => usdColumnPlaces(rows.map((row) => row.cost_usd)), [rows]);
  const columns = useMemo(() => columnsFor(places), [places]);
  const more = useMore(query);
  const { hasNextPage } = query;
  return (
    <>
      <TopBar />
      <PageHead title="Sessions">
        {query.isSuccess ? (
          <span>
            {plural(rows.length, "session")}
            {hasNextPage ? " shown, more below" : ""} · {rangeLabel(scope.range)}
          </span>
        ) : null}
      </PageHead>
      <div className="page-body">
        {query.isError && rows.length === 0 ? (
          <Failure error={query.error} retry={() => void query.refetch()} />
        ) : query.isPending ? (
          <SkeletonRows rows={18} />
        ) : rows.length > 0 ? (
          <Grid
            label="Sessions"
            rows={rows}
            columns={columns}
            rowKey={(row) => row.session_id}
            rowHref={(row) => href(`/sessions/${encodeURIComponent(row.session_id)}`)}
            compact={compactSession(places)}
            onEnd={more}
            memory={`sessions?${params.toString()}`}
          />
        ) : status.data?.store.spans === 0 ? (
          <TeachToSend what="sessions" />
        ) : (
          <NothingMatches what="sessions">
            <p className="muted">
              A trace belongs to a session when its spans carry gen_ai.conversation.id or session.id.
            </p>
          </NothingMatches>
        )}
      </div>
    </>
  );
}

export function SessionPage({ sessionId }: { sessionId: string }) {
  const query = useSession(sessionId, useFollowing() ? 5_000 : false);
  const traces = useMemo(() => query.data?.pages.flatMap((page) => page.traces) ?? [], [query.data]);
  const places = useMemo(() => costPlaces(traces), [traces]);
  const columns = useMemo(() => traceColumns(places), [places]);
  const more = useMore(query);
  useKeys({
    Escape: (event) => {
      event.preventDefault();
      back(href("/sessions"));
    },
  });
  const session = query.data?.pages[0]?.session;
  return (
    <>
      <header className="trace-head">
        <div className="trace-title">
          <Link
            className="icon-button"
            href={href("/sessions")}
            title="All sessions"
            aria-label="All sessions"
          >
            <Icon name="back" />
          </Link>
          <h1>{sessionId}</h1>
          <Copy text={sessionId} what="Copy the session id" />
        </div>
        {session ? (
          <p className="facts">
            {session.user_id ? (
              <Link href={href("/traces", { user: session.user_id })}>{session.user_id}</Link>
            ) : null}
            <span>{plural(session.traces, "trace")}</span>
            <span>{plural(session.llm_calls, "LLM call")}</span>
            <span>{plural(session.tool_calls, "tool call")}</span>
            {session.errors > 0 ? <span className="failing">{session.errors} failed</span> : null}
            {session.cost_reason === NO_USAGE ? (
              <span>no usage reported</span>
            ) : (
              <>
                <span className="figure">{count(session.tokens.total)} tokens</span>
                <span className="figure">
                  <strong>
                    <SessionCost session={session} />
                  </strong>
                </span>
              </>
            )}
            <span title={session.models.join("\n")}>
              {session.models.length > 2 ? plural(session.models.length, "model") : session.models.join(", ")}
            </span>
          </p>
        ) : null}
      </header>
      <div className="page-body">
        {query.isError && traces.length === 0 ? (
          <Failure error={query.error} retry={() => void query.refetch()} />
        ) : query.isPending ? (
          <Loading what="Reading the session" />
        ) : (
          <Grid
            label="Traces of the session"
            rows={traces}
            columns={columns}
            rowKey={(trace) => trace.trace_id}
            rowHref={(trace) => href(`/traces/${trace.trace_id}`)}
            compact={compactTrace(places)}
            onEnd={more}
            memory={`session/${sessionId}`}
          />
        )}
      </div>
    </>
  );
}
