// One session: the conversation across its traces, or the traces as rows.
import "./sessions.css";
import { useMemo } from "react";
import { useFirstHit, useSession } from "../../api/queries";
import type { Session } from "../../api/types";
import { Copy } from "../../components/Copy";
import { Grid } from "../../components/Grid";
import { Icon } from "../../components/Icon";
import { Link } from "../../components/Link";
import { FindWords, findWords } from "../../components/Marked";
import { NO_USAGE } from "../../components/Money";
import { PageHelp } from "../../components/PageHelp";
import { Segments } from "../../components/Segments";
import { Failure, Loading } from "../../components/States";
import { compactTrace, costPlaces, traceColumns } from "../../components/traceColumns";
import { count, duration } from "../../lib/format";
import { t } from "../../lib/i18n";
import { minuteTime } from "../../lib/time";
import { filterHref } from "../../state/filters";
import { useFollowing } from "../../state/follow";
import { useKeys } from "../../state/keys";
import { back, href, setParams, usePlace } from "../../state/url";
import { SessionCost } from "./cost";
import { useMore } from "./more";
import { Talk } from "./Talk";

export function SessionPage({ sessionId }: { sessionId: string }) {
  const { params } = usePlace();
  const refetch = useFollowing() ? 5_000 : false;
  const query = useSession(sessionId, refetch);
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
  const find = params.get("find") ?? "";
  const words = useMemo(() => findWords(find), [find]);
  const hit = useFirstHit(sessionId, find);
  const session = query.data?.pages[0]?.session;
  const view = params.get("view") === "traces" ? "traces" : "talk";
  const body = () => {
    if (query.isError && traces.length === 0)
      return <Failure error={query.error} retry={() => void query.refetch()} />;
    if (query.isPending || !session) return <Loading what={t("Reading the session")} />;
    if (view === "talk")
      return (
        <Talk
          traces={traces}
          all={session.traces}
          more={query.hasNextPage ? more : null}
          places={places}
          refetch={refetch}
          hit={hit}
          sessionId={sessionId}
        />
      );
    return (
      <Grid
        label={t("Traces of the session")}
        rows={traces}
        columns={columns}
        rowKey={(trace) => trace.trace_id}
        rowHref={(trace) => href(`/traces/${trace.trace_id}`)}
        compact={compactTrace(places)}
        onEnd={more}
        memory={`session/${sessionId}`}
      />
    );
  };
  return (
    <>
      <header className="session-head">
        <div className="session-title">
          <Link
            className="icon-button"
            href={href("/sessions")}
            title={t("All sessions")}
            aria-label={t("All sessions")}
          >
            <Icon name="back" />
          </Link>
          <h1>{sessionId}</h1>
          <PageHelp />
          <Copy text={sessionId} what={t("Copy the session id")} />
          <span className="push">
            <Segments
              label={t("View")}
              options={[
                { id: "talk", label: t("Conversation") },
                { id: "traces", label: t("Traces") },
              ]}
              value={view}
              onPick={(id) => setParams({ view: id === "talk" ? null : id }, { replace: true })}
            />
          </span>
        </div>
        {session ? <Facts session={session} /> : null}
      </header>
      <FindWords.Provider value={words}>
        <div className="page-body">{body()}</div>
      </FindWords.Provider>
    </>
  );
}

function Facts({ session }: { session: Session }) {
  const traces = { session: session.session_id };
  const length = Date.parse(session.last_at) - Date.parse(session.started_at);
  return (
    <p className="session-facts">
      {session.user_id ? (
        <Link
          className="fact-name"
          title={session.user_id}
          href={filterHref("/users", { session: undefined }, { open: session.user_id })}
        >
          {session.user_id}
        </Link>
      ) : null}
      <span>
        {length > 0
          ? t("{from} to {until}, {length}", {
              from: minuteTime(session.started_at),
              until: minuteTime(session.last_at),
              length: duration(length),
            })
          : minuteTime(session.started_at)}
      </span>
      <Link href={filterHref("/traces", traces)}>
        {t("{n} turns", { count: session.traces, n: count(session.traces) })}
      </Link>
      <span>{t("{n} LLM calls", { count: session.llm_calls, n: count(session.llm_calls) })}</span>
      <span>{t("{n} tool calls", { count: session.tool_calls, n: count(session.tool_calls) })}</span>
      {session.errors > 0 ? (
        <Link className="failing" href={filterHref("/traces", { ...traces, errors: ">0" })}>
          {t("{n} failed spans", { count: session.errors, n: count(session.errors) })}
        </Link>
      ) : null}
      {session.cost_reason === NO_USAGE ? (
        <span>{t("no usage reported")}</span>
      ) : (
        <>
          <span>{t("{n} tokens", { count: session.tokens.total, n: count(session.tokens.total) })}</span>
          <strong>
            <SessionCost session={session} />
          </strong>
        </>
      )}
      <span className="fact-name" title={session.models.join("\n")}>
        {session.models.length > 2
          ? t("{n} models", { count: session.models.length, n: count(session.models.length) })
          : session.models.join(", ")}
      </span>
    </p>
  );
}
