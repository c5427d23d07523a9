// One user: figures, use over time, the latest sessions, and what they are made of.
import { useMemo } from "react";
import { useAsk } from "../../api/ask";
import { type Scope, useSessions } from "../../api/queries";
import { Bars } from "../../charts";
import { Link } from "../../components/Link";
import { Answered } from "../../components/Panel";
import { Trouble } from "../../components/States";
import { compact, count, duration, headlinePlaces, usd } from "../../lib/format";
import { t } from "../../lib/i18n";
import { ago, fullTime, listTime } from "../../lib/time";
import { filterHref } from "../../state/filters";
import { href } from "../../state/url";
import { ByAgent, Causes } from "../roster/Causes";
import { Multiples } from "../roster/Multiples";
import { cost, latencies, outcomes, tokens } from "../roster/multiples";
import { narrowedFilters, only } from "../roster/names";
import { type Fact, Facts } from "../roster/parts";
import { Detail, WorkPart } from "../roster/WorkPage";
import type { UserRow } from "./rows";
import { UserCost, userName } from "./Users";

interface Props {
  row: UserRow;
  scope: Scope;
  refetch: number | false;
}

const SESSIONS = 8;

export function UserDetail({ row, scope, refetch }: Props) {
  const { user } = row;
  const filter = only("user", user);
  const errors = useAsk({ from: "failures", group_by: ["error"], top: 12, filter }, scope, refetch);
  const models = useAsk({ from: "calls", group_by: ["model"], top: 8, filter }, scope, refetch);
  const agents = useAsk({ from: "calls", group_by: ["agent"], top: 8, filter }, scope, refetch);
  const charts = useMemo(
    () => [
      outcomes(t("LLM calls"), "--llm"),
      cost(),
      tokens(),
      latencies(t("Latency, p50 and p95"), "--llm"),
    ],
    [],
  );
  return (
    <Detail
      kind={t("user")}
      hue="other"
      title={userName(row)}
      actions={
        <Link className="quiet-button" href={filterHref("/traces", { user })}>
          {t("Traces")}
        </Link>
      }
    >
      <Facts facts={factsOf(row)} />
      <Multiples ask={{ from: "calls", filter }} scope={scope} refetch={refetch} charts={charts} />
      {user === null ? null : <Sessions user={user} scope={scope} refetch={refetch} />}
      <WorkPart title={t("Models")}>
        <Answered query={models} lines={3}>
          {({ groups }) => (
            <Bars
              rows={groups.map((one) => ({
                name: one.key.model ?? t("(no model)"),
                value: one.count,
                hue: "llm",
                href: filterHref("/traces", { user, model: one.key.model ?? null }),
              }))}
              unit="count"
              label={t("Calls by model")}
            />
          )}
        </Answered>
      </WorkPart>
      <ByAgent title={t("Agents")} query={agents} hrefOf={(agent) => filterHref("/calls", { user, agent })} />
      <Causes
        query={errors}
        to={({ messages }) => filterHref("/spans", { user }, { state: "failed", message: messages })}
      />
    </Detail>
  );
}

function Sessions({ user, scope, refetch }: { user: string; scope: Scope; refetch: number | false }) {
  const narrowed = useMemo<Scope>(
    () => ({ ...scope, filters: narrowedFilters(scope.filters, "user", user) }),
    [scope, user],
  );
  const query = useSessions(narrowed, refetch);
  const sessions = query.data?.pages[0]?.sessions ?? [];
  return (
    <WorkPart
      title={t("Latest sessions")}
      tools={
        sessions.length > SESSIONS ? (
          <Link className="quiet-button" href={filterHref("/sessions", { user })}>
            {t("All sessions")}
          </Link>
        ) : null
      }
    >
      {query.isError && !query.data ? <Trouble error={query.error} /> : null}
      {query.data && sessions.length === 0 ? (
        <p className="part-empty">{t("No call in this range has a session.")}</p>
      ) : null}
      <ul className="user-sessions">
        {sessions.slice(0, SESSIONS).map((session) => (
          <li key={session.session_id}>
            <Link className="row-name" href={href(`/sessions/${encodeURIComponent(session.session_id)}`)}>
              {session.session_id}
            </Link>
            <span className="muted">
              {t("{n} traces", { count: session.traces, n: count(session.traces) })}
            </span>
            <span className="figure muted" title={fullTime(session.last_at)}>
              {listTime(session.last_at)}
            </span>
            <span className="figure end">
              {session.cost_usd === null ? "–" : usd(session.cost_usd, headlinePlaces(session.cost_usd))}
            </span>
          </li>
        ))}
      </ul>
    </WorkPart>
  );
}

function factsOf(row: UserRow): Fact[] {
  const { usage } = row;
  return [
    { label: t("LLM calls"), value: count(usage?.llm_calls ?? 0) },
    {
      label: t("Failed traces"),
      value: <span className={row.failedTraces ? "failing" : undefined}>{count(row.failedTraces ?? 0)}</span>,
      note: row.traces === null ? undefined : t("of {n}", { n: count(row.traces) }),
    },
    {
      label: t("Sessions"),
      value: row.sessions === null ? "–" : `${row.atLeast ? "≥" : ""}${count(row.sessions)}`,
    },
    {
      label: t("Cost"),
      value: <UserCost row={row} places={headlinePlaces(usage?.cost_usd ?? "0")} />,
      note:
        usage && usage.unpriced_calls > 0 ? t("{n} unpriced", { n: count(usage.unpriced_calls) }) : undefined,
    },
    {
      label: t("Tokens"),
      value: compact(usage?.tokens.total ?? 0),
      note: t("{n} out", { n: compact(usage?.tokens.output ?? 0) }),
    },
    {
      label: t("Call p95"),
      value: duration(usage?.latency_ms.p95),
      note: `p50 ${duration(usage?.latency_ms.p50)}`,
    },
    {
      label: t("Last seen"),
      value: row.lastAt ? ago(row.lastAt) : "–",
      title: row.lastAt ? fullTime(row.lastAt) : undefined,
    },
  ];
}
