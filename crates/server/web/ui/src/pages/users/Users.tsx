// For whom do the agents work, how much does each one use, and what does it cost?
import { useMemo } from "react";
import { useAsk } from "../../api/ask";
import { useStatus, useUsage } from "../../api/queries";
import { Stat } from "../../charts";
import { TeachToSend } from "../../components/FirstSteps";
import { ListPrice, Money, reasonsText } from "../../components/Money";
import { compact, count, duration, percent, usdHeadline, usdPixels } from "../../lib/format";
import { t } from "../../lib/i18n";
import { ago, rangeLabel } from "../../lib/time";
import { useScopeBefore } from "../../state/compare";
import { filterHref } from "../../state/filters";
import { PeopleTabs } from "../sessions/PeopleTabs";
import "../sessions/sessions.css";
import { Against, deltaOf } from "../roster/Against";
import { costColumn, lastColumn } from "../roster/columns";
import { costPlaces } from "../roster/money";
import { keyOf } from "../roster/names";
import { OverTime, useOverTime } from "../roster/OverTime";
import { Failed, Nil, Num } from "../roster/parts";
import { useWorkPlace } from "../roster/place";
import { callMeasures } from "../roster/series";
import { WorkPage, WorkPart } from "../roster/WorkPage";
import { type WorkColumn, WorkTable } from "../roster/WorkTable";
import { type UserRow, userRows } from "./rows";
import { UserDetail } from "./UserDetail";

const MOST = 1_000;

export const userName = (row: { user: string | null }) => row.user ?? t("no user named");
const rowKey = (row: UserRow) => keyOf(row.user);
const traces = (row: UserRow, by: Record<string, string> = {}, params: Record<string, string> = {}) =>
  filterHref("/traces", { user: row.user, ...by }, params);

export function UserCost({ row, places }: { row: UserRow; places?: number }) {
  const { usage } = row;
  if (!usage) return <Nil />;
  const width = places === undefined ? {} : { places };
  if (usage.cost_usd === null && usage.subscription_usd)
    return <ListPrice value={usage.subscription_usd} {...width} />;
  return (
    <Money
      value={usage.cost_usd}
      {...width}
      unpriced={usage.unpriced_calls}
      billable={usage.llm_calls > 0}
      used={usage.tokens.total > 0}
      reason={reasonsText(usage.unpriced_reasons)}
    />
  );
}

function columnsFor(places: number, before: ReadonlyMap<string, UserRow> | null) {
  const columns: WorkColumn<UserRow>[] = [
    {
      id: "sessions",
      head: t("Sessions"),
      end: true,
      least: 64,
      by: (row) => row.sessions,
      cell: (row) =>
        row.sessions === null ? (
          <Nil />
        ) : (
          <Num
            value={row.sessions}
            text={row.atLeast ? `≥${count(row.sessions)}` : count(row.sessions)}
            to={filterHref("/sessions", { user: row.user })}
          />
        ),
    },
    {
      id: "traces",
      head: t("Traces"),
      end: true,
      least: 60,
      drop: 2,
      by: (row) => row.traces,
      cell: (row) => <Num value={row.traces} to={traces(row)} />,
    },
    {
      id: "calls",
      head: t("LLM calls"),
      end: true,
      least: 72,
      by: (row) => row.usage?.llm_calls ?? null,
      cell: (row) => (
        <>
          <Num value={row.usage?.llm_calls ?? 0} to={filterHref("/calls", { user: row.user })} />
          {before ? (
            <Against
              now={row.usage?.llm_calls ?? 0}
              before={before.get(rowKey(row))?.usage?.llm_calls ?? 0}
            />
          ) : null}
        </>
      ),
    },
    {
      id: "errors",
      head: t("Failed traces"),
      end: true,
      least: 92,
      by: (row) => row.failedTraces,
      cell: (row) => (
        <Failed errors={row.failedTraces ?? 0} of={row.traces ?? 0} to={traces(row, { status: "error" })} />
      ),
    },
    {
      id: "p95",
      head: t("Call p95"),
      end: true,
      least: 70,
      drop: 4,
      by: (row) => row.usage?.latency_ms.p95 ?? null,
      cell: (row) => <span className="figure">{duration(row.usage?.latency_ms.p95)}</span>,
    },
    {
      id: "tokens",
      head: t("Tokens"),
      end: true,
      least: 70,
      drop: 3,
      by: (row) => row.usage?.tokens.total ?? null,
      cell: (row) => (
        <Num
          value={row.usage?.tokens.total ?? 0}
          text={compact(row.usage?.tokens.total ?? 0)}
          to={traces(row, {}, { sort: "-tokens" })}
        />
      ),
    },
    costColumn(
      (row) => row.usage?.cost_usd,
      (row) => <UserCost row={row} places={places} />,
    ),
    lastColumn(t("Last seen"), (row) => row.lastAt, 1),
  ];
  return columns;
}

const compactUser = (places: number) => (row: UserRow) => (
  <>
    <span className="compact-line">
      <span className="row-name">{userName(row)}</span>
      <span className="figure">
        <UserCost row={row} places={places} />
      </span>
    </span>
    <span className="compact-line muted">
      <span>
        {t("{n} calls", { count: row.usage?.llm_calls ?? 0, n: count(row.usage?.llm_calls ?? 0) })}
        {row.failedTraces ? (
          <span className="failing"> · {t("{n} failed", { n: count(row.failedTraces) })}</span>
        ) : null}
      </span>
      <span>{row.lastAt ? ago(row.lastAt) : "–"}</span>
    </span>
  </>
);

export function Users() {
  const { params, scope, open, refetch } = useWorkPlace();
  const usage = useUsage(scope, "user", refetch);
  const ran = useAsk({ from: "traces", group_by: ["user"], top: MOST }, scope, refetch);
  const talks = useAsk({ from: "traces", group_by: ["user", "session"], top: MOST }, scope, refetch);
  const scopeBefore = useScopeBefore(scope);
  const before = useUsage(scopeBefore ?? scope, "user", false, scopeBefore !== null);
  const rows = useMemo(() => userRows(usage.data, ran.data, talks.data), [usage.data, ran.data, talks.data]);
  const earlier = useMemo(
    () =>
      scopeBefore && before.data
        ? new Map(userRows(before.data, undefined, undefined).map((row) => [rowKey(row), row]))
        : null,
    [scopeBefore, before.data],
  );
  const places = useMemo(() => costPlaces(rows.map((row) => row.usage?.cost_usd)), [rows]);
  const columns = useMemo(() => columnsFor(places, earlier), [places, earlier]);
  const measures = useMemo(() => callMeasures(t), []);
  const overTime = useOverTime({ from: "calls", group_by: ["user"] }, scope, refetch);
  const named = rows.filter((row) => row.user !== null);
  const opened = open === null ? undefined : rows.find((row) => rowKey(row) === open);
  return (
    <WorkPage
      title={t("Users")}
      facts={
        <span>
          {t("{n} users", { count: named.length, n: count(named.length) })} · {rangeLabel(scope.range)}
        </span>
      }
      tabs={<PeopleTabs at="users" />}
      query={usage}
      empty={named.length === 0}
      what={t("users")}
      teach={<TeachUsers />}
      detail={opened ? <UserDetail key={open} row={opened} scope={scope} refetch={refetch} /> : null}
    >
      <Totals rows={rows} named={named.length} before={earlier} />
      <OverTime
        title={t("Over time")}
        query={overTime}
        measures={measures}
        nameOf={(group) => group.key.user ?? t("no user named")}
        hrefOf={(group) => filterHref("/traces", { user: group.key.user ?? null })}
      />
      <WorkPart title={t("By user")} note={t("Click a row for details, a number for its traces")}>
        <WorkTable
          label={t("Users")}
          rows={rows}
          columns={columns}
          rowKey={rowKey}
          nameHead={t("User")}
          nameText={userName}
          name={(row) => (row.user === null ? <span className="muted">{userName(row)}</span> : row.user)}
          compact={compactUser(places)}
          sort={params.get("sort") ?? "-calls"}
        />
      </WorkPart>
    </WorkPage>
  );
}

function Totals({
  rows,
  named,
  before,
}: {
  rows: readonly UserRow[];
  named: number;
  before: ReadonlyMap<string, UserRow> | null;
}) {
  const calls = rows.reduce((sum, row) => sum + (row.usage?.llm_calls ?? 0), 0);
  const unnamed = rows.find((row) => row.user === null)?.usage?.llm_calls ?? 0;
  const dearest = rows
    .filter((row) => row.user !== null && row.usage?.cost_usd)
    .sort((a, b) => usdPixels(b.usage?.cost_usd) - usdPixels(a.usage?.cost_usd))[0];
  const cost = rows.reduce((sum, row) => sum + usdPixels(row.usage?.cost_usd), 0);
  const earlier = before ? [...before.values()] : null;
  return (
    <div className="stats">
      <Stat
        label={t("Users")}
        value={count(named)}
        {...deltaOf(named, earlier?.filter((row) => row.user !== null).length)}
      />
      <Stat
        label={t("LLM calls")}
        value={compact(calls)}
        href={filterHref("/calls")}
        {...deltaOf(
          calls,
          earlier?.reduce((sum, row) => sum + (row.usage?.llm_calls ?? 0), 0),
        )}
      />
      <Stat
        label={t("Without user ID")}
        value={percent(calls > 0 ? unnamed / calls : 0)}
        note={t("{n} calls", { count: unnamed, n: compact(unnamed) })}
        href={filterHref("/traces", { user: null })}
      />
      {dearest?.usage?.cost_usd ? (
        <Stat
          label={t("Most expensive user")}
          value={usdHeadline(dearest.usage.cost_usd)}
          note={t("{user}, {share} of all", {
            user: userName(dearest),
            share: percent(cost > 0 ? usdPixels(dearest.usage.cost_usd) / cost : 0, 0),
          })}
          href={traces(dearest, {}, { sort: "-cost" })}
        />
      ) : null}
    </div>
  );
}

function TeachUsers() {
  const status = useStatus();
  if (status.data?.store.spans === 0) return <TeachToSend what={t("users")} />;
  return (
    <div className="state">
      <h2>{t("No user ID reported")}</h2>
      <p className="state-text">
        {t(
          "No trace in this range names a user. A trace belongs to a user if one of its spans has user.id or enduser.id. Most frameworks take it with the run, for example using_user of OpenInference.",
        )}
      </p>
    </div>
  );
}
