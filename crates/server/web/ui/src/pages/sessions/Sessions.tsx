// Which conversations took place, and what did each one cost?
import "./sessions.css";
import { useMemo } from "react";
import { useSessions, useStatus } from "../../api/queries";
import type { Session } from "../../api/types";
import { Asked } from "../../components/Asked";
import { withExcerpt } from "../../components/Excerpt";
import { TeachToSend } from "../../components/FirstSteps";
import { type Column, Grid } from "../../components/Grid";
import { NO_USAGE, NoUsage } from "../../components/Money";
import { PageHead, TopBar } from "../../components/PageTop";
import { Failure, NothingMatches, SkeletonRows } from "../../components/States";
import {
  columnCount,
  compact,
  count,
  stopwatch,
  sumUsd,
  usdColumnPlaces,
  usdHeadline,
} from "../../lib/format";
import { t } from "../../lib/i18n";
import { wordsOf } from "../../lib/query";
import { fullTime, listTime, rangeLabel } from "../../lib/time";
import { href, setParams } from "../../state/url";
import { useWorkPlace } from "../roster/place";
import { SessionCost } from "./cost";
import { useAllPages, useMore } from "./more";
import { BY_ACTIVITY, MOST_SORTED, sortedSessions } from "./order";
import { PeopleTabs } from "./PeopleTabs";

const figure = (value: number, failing = false) => (
  <span className={`figure ${value === 0 ? "nil" : failing ? "failing" : ""}`}>{count(value)}</span>
);

const columnsFor = (places: number): readonly Column<Session>[] => [
  {
    id: "last",
    sort: "last",
    head: t("Last active"),
    width: "104px",
    cell: (row) => (
      <time className="figure muted" dateTime={row.last_at} title={fullTime(row.last_at)}>
        {listTime(row.last_at)}
      </time>
    ),
  },
  {
    id: "id",
    head: t("Session"),
    width: "minmax(120px, 1.4fr)",
    cell: (row) => <span className="row-name">{row.session_id}</span>,
  },
  {
    id: "asked",
    head: t("First message"),
    title: t("Beginning of the user's first message"),
    width: "minmax(190px, 5fr)",
    drop: 1,
    cell: (row) => <Asked subject="session" id={row.session_id} part="asked" />,
  },
  {
    id: "user",
    sort: "user",
    head: t("User"),
    width: "minmax(104px, 1.2fr)",
    drop: 2,
    cell: (row) => (
      <span className="muted">{row.user_id ?? <span className="faint">{t("unknown")}</span>}</span>
    ),
  },
  {
    id: "agents",
    head: t("Agents"),
    width: "minmax(100px, 1.6fr)",
    drop: 4,
    cell: (row) => (
      <span className="muted" title={row.agents.join("\n")}>
        {row.agents.join(", ") || "–"}
      </span>
    ),
  },
  {
    id: "models",
    head: t("Models"),
    width: "minmax(100px, 1.2fr)",
    drop: 5,
    cell: (row) => (
      <span className="muted" title={row.models.join("\n")}>
        {row.models.join(", ") || "–"}
      </span>
    ),
  },
  {
    id: "span",
    sort: "length",
    head: t("Length"),
    title: t("From the first to the last trace, in hours, minutes and seconds"),
    width: "80px",
    end: true,
    drop: 3,
    cell: (row) =>
      row.traces > 1 ? (
        <span className="figure">{stopwatch(Date.parse(row.last_at) - Date.parse(row.started_at))}</span>
      ) : (
        <span className="nil" title={t("One turn")}>
          –
        </span>
      ),
  },
  {
    id: "traces",
    sort: "turns",
    head: t("Turns"),
    title: t("Traces of the session"),
    width: "60px",
    end: true,
    cell: (row) => figure(row.traces),
  },
  {
    id: "llm",
    sort: "llm",
    head: t("LLM"),
    title: t("LLM calls"),
    width: "60px",
    end: true,
    drop: 0.9,
    cell: (row) => figure(row.llm_calls),
  },
  {
    id: "tools",
    sort: "tools",
    head: t("Tools"),
    title: t("Tool calls"),
    width: "60px",
    end: true,
    drop: 1.5,
    cell: (row) => figure(row.tool_calls),
  },
  {
    id: "errors",
    sort: "errors",
    head: t("Errors"),
    title: t("Spans that failed"),
    width: "60px",
    end: true,
    drop: 0.8,
    cell: (row) => figure(row.errors, true),
  },
  {
    id: "tokens",
    sort: "tokens",
    head: t("Tokens"),
    width: "80px",
    end: true,
    cell: (row) => (
      <span className="figure" title={count(row.tokens.total)}>
        {row.cost_reason === NO_USAGE ? <NoUsage /> : columnCount(row.tokens.total)}
      </span>
    ),
  },
  {
    id: "cost",
    sort: "cost",
    head: t("Cost"),
    width: "96px",
    end: true,
    cell: (row) => (
      <span className="figure">
        <SessionCost session={row} places={places} />
      </span>
    ),
  },
];

const compactSession = (places: number) => (row: Session) => (
  <>
    <span className="compact-line">
      <span className="row-name">{row.session_id}</span>
      <span className="figure">
        <SessionCost session={row} places={places} />
      </span>
    </span>
    <span className="compact-line muted">
      <span>
        {t("{n} turns", { count: row.traces, n: count(row.traces) })} ·{" "}
        <span className="figure">{listTime(row.last_at)}</span>
      </span>
      <span className="figure">
        {t("{n} tokens", { count: row.tokens.total, n: compact(row.tokens.total) })}
      </span>
    </span>
  </>
);

export function Sessions() {
  const { params, scope, refetch } = useWorkPlace();
  const query = useSessions(scope, refetch);
  const status = useStatus();
  const sort = params.get("sort") ?? BY_ACTIVITY;
  const loaded = useMemo(() => query.data?.pages.flatMap((page) => page.sessions) ?? [], [query.data]);
  const rows = useMemo(() => sortedSessions(loaded, sort), [loaded, sort]);
  const places = useMemo(() => usdColumnPlaces(rows.map((row) => row.cost_usd)), [rows]);
  const words = wordsOf(scope.filters.filter ?? "");
  const columns = useMemo(
    () => withExcerpt(columnsFor(places), "user", "session", words, (row) => row.session_id),
    [places, words],
  );
  const more = useMore(query);
  useAllPages(sort !== BY_ACTIVITY, rows.length, MOST_SORTED, more);
  const cost = useMemo(() => sumUsd(rows.map((row) => row.cost_usd)), [rows]);
  const failing = rows.filter((row) => row.errors > 0).length;
  return (
    <>
      <TopBar />
      <PageHead title={t("Sessions")}>
        <PeopleTabs at="sessions" />
        {query.isSuccess && rows.length > 0 ? (
          <span>
            {query.hasNextPage
              ? t("Showing latest {n}", { n: count(rows.length) })
              : t("{n} sessions", { count: rows.length, n: count(rows.length) })}
            {failing > 0 ? ` · ${t("{n} with errors", { n: count(failing) })}` : ""}
            {cost && !query.hasNextPage ? ` · ${usdHeadline(cost)}` : ""} · {rangeLabel(scope.range)}
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
            label={t("Sessions")}
            rows={rows}
            columns={columns}
            rowKey={(row) => row.session_id}
            rowHref={(row) => href(`/sessions/${encodeURIComponent(row.session_id)}`, { find: words })}
            compact={compactSession(places)}
            sort={sort}
            onSort={(next) => setParams({ sort: next === BY_ACTIVITY ? null : next })}
            onEnd={more}
            memory={`sessions?${params.toString()}`}
          />
        ) : status.data?.store.spans === 0 ? (
          <TeachToSend what={t("sessions")} />
        ) : (
          <NothingMatches what={t("sessions")}>
            <p className="muted">
              {t("A trace belongs to a session when its spans carry gen_ai.conversation.id or session.id.")}
            </p>
          </NothingMatches>
        )}
      </div>
    </>
  );
}
