// Which agents run, how many turns do they need, how long do they think, what do they cost, and what fails?
import { useMemo } from "react";
import { type AskGroup, useAsk } from "../../api/ask";
import { type AgentRow, useAgents } from "../../api/insight";
import { Money, NO_USAGE, reasonText } from "../../components/Money";
import { compact, count, duration, marked } from "../../lib/format";
import { t } from "../../lib/i18n";
import { rangeLabel } from "../../lib/time";
import { useScopeBefore } from "../../state/compare";
import { filterHref } from "../../state/filters";
import type { Params } from "../../state/url";
import { Against } from "../roster/Against";
import { boxColumn, costColumn, failedColumn, lastColumn, percentileColumn } from "../roster/columns";
import { type Scale, scaleOf } from "../roster/kinds";
import { costPlaces } from "../roster/money";
import { keyOf } from "../roster/names";
import { OverTime, useOverTime, useSparks } from "../roster/OverTime";
import { Nil, Num, scaleText } from "../roster/parts";
import { useWorkPlace } from "../roster/place";
import { runMeasures } from "../roster/series";
import { WorkPage, WorkPart } from "../roster/WorkPage";
import { type WorkColumn, WorkTable } from "../roster/WorkTable";
import { AgentDetail } from "./AgentDetail";
import { AgentTotals } from "./AgentTotals";

export const agentName = (row: { name: string | null }) => row.name ?? t("no agent named");
const rowKey = (row: AgentRow) => keyOf(row.name);

/** The runs of an agent, one by one. */
export const agentRuns = (agent: string | null, params: Params = {}) =>
  filterHref("/spans", { agent }, { kind: "agent", ...params });
/** The LLM calls of an agent, one by one. */
export const agentCalls = (agent: string | null, params: Params = {}) =>
  filterHref("/calls", { agent }, params);

const seriesHref = (group: AskGroup) => agentRuns(group.key.agent ?? null);
const seriesName = (group: AskGroup) => group.key.agent ?? t("no agent named");

export function AgentCost({ row, places }: { row: AgentRow; places: number }) {
  return (
    <Money
      value={row.cost_usd}
      places={places}
      unpriced={row.unpriced_calls ?? 0}
      billable={row.llm_calls > 0}
      used={(row.tokens?.total ?? 0) > 0}
      reason={reasonText(row.tokens?.total ? "unpriced" : NO_USAGE)}
    />
  );
}

/** Calls of a model for each run: how many turns it takes. */
export function turns(value: number | null): string {
  if (value === null) return "–";
  return value >= 100 ? count(value) : marked(value.toFixed(1));
}

/** The names of the most used, and how many more there are. */
function Few({ names }: { names: readonly string[] }) {
  if (names.length === 0) return <Nil title={t("none")} />;
  const more = names.length - 2;
  return (
    <span className="few muted" title={names.join("\n")}>
      <span className="few-names">{names.slice(0, 2).join(", ")}</span>
      {more > 0 ? <span className="faint">{t("+{n} more", { n: more })}</span> : null}
    </span>
  );
}

function columnsFor(places: number, scale: Scale, before: ReadonlyMap<string, AgentRow> | null) {
  const columns: WorkColumn<AgentRow>[] = [
    {
      id: "runs",
      head: t("Runs"),
      end: true,
      least: 60,
      by: (row) => row.runs,
      cell: (row) => (
        <>
          <Num value={row.runs} to={agentRuns(row.name)} />
          {row.running > 0 ? (
            <span className="running-mark" title={t("{n} are running", { n: count(row.running) })} />
          ) : null}
          {before ? <Against now={row.runs} before={before.get(rowKey(row))?.runs ?? 0} /> : null}
        </>
      ),
    },
    failedColumn(
      (row) => row.runs,
      (row) => agentRuns(row.name, { state: "failed" }),
    ),
    {
      id: "turns",
      head: t("LLM calls per run"),
      title: t("LLM calls for each run: how many turns it takes"),
      end: true,
      least: 74,
      drop: 1,
      by: (row) => row.llm_calls_per_run,
      cell: (row) => (
        <Num
          value={row.llm_calls}
          text={turns(row.llm_calls_per_run)}
          to={agentCalls(row.name)}
          title={t("{n} LLM calls", { count: row.llm_calls, n: count(row.llm_calls) })}
        />
      ),
    },
    {
      id: "decision",
      head: t("LLM latency p50"),
      title: t("Median latency of its LLM calls"),
      end: true,
      least: 72,
      drop: 3,
      by: (row) => row.decision_ms?.p50 ?? null,
      cell: (row) =>
        row.decision_ms ? (
          <span className="figure" title={t("p95 {time}", { time: duration(row.decision_ms.p95) })}>
            {duration(row.decision_ms.p50)}
          </span>
        ) : (
          <Nil title={t("none of its LLM calls has ended")} />
        ),
    },
    boxColumn((row) => row.duration_ms, {
      head: t("Run time, {scale}", { scale: scaleText(scale) }),
      title: t("Logarithmic scale. Line: minimum to p95. Box: middle half of the runs. Mark: median"),
      least: 130,
      drop: 4,
      scale,
      hue: "agent",
    }),
    percentileColumn("p50", (row) => row.duration_ms, { drop: 2 }),
    percentileColumn("p95", (row) => row.duration_ms, {
      slowest: {
        title: t("The slowest runs of this agent"),
        to: (row) => agentRuns(row.name, { sort: "-duration" }),
      },
    }),
    {
      id: "tools",
      head: t("Tools"),
      least: 120,
      drop: 7,
      by: (row) => row.tool_calls,
      cell: (row) => <Few names={row.tools.map((tool) => tool.name ?? t("unnamed"))} />,
    },
    {
      id: "models",
      head: t("Models"),
      least: 120,
      drop: 6,
      by: (row) => row.models[0]?.name ?? null,
      cell: (row) => <Few names={row.models.map((model) => model.name ?? t("unnamed"))} />,
    },
    {
      id: "tokens",
      head: t("Tokens"),
      end: true,
      least: 64,
      drop: 5,
      by: (row) => row.tokens?.total ?? null,
      cell: (row) => (
        <Num
          value={row.tokens?.total ?? null}
          text={compact(row.tokens?.total ?? 0)}
          to={agentCalls(row.name, { sort: "-tokens" })}
        />
      ),
    },
    costColumn(
      (row) => row.cost_usd,
      (row) => <AgentCost row={row} places={places} />,
    ),
    lastColumn(t("Last run"), (row) => row.last_at, 8),
  ];
  return columns;
}

const compactAgent = (places: number) => (row: AgentRow) => (
  <>
    <span className="compact-line">
      <span className="row-name">{agentName(row)}</span>
      <span className="figure">
        <AgentCost row={row} places={places} />
      </span>
    </span>
    <span className="compact-line muted">
      <span>
        {t("{n} runs", { count: row.runs, n: count(row.runs) })}
        {row.errors > 0 ? (
          <span className="failing"> · {t("{n} failed", { n: count(row.errors) })}</span>
        ) : null}
      </span>
      <span className="figure">
        {row.duration_ms
          ? `p50 ${duration(row.duration_ms.p50)} · p95 ${duration(row.duration_ms.p95)}`
          : "–"}
      </span>
    </span>
  </>
);

export function Agents() {
  const { params, scope, open, refetch } = useWorkPlace();
  const query = useAgents(scope, refetch);
  const scopeBefore = useScopeBefore(scope);
  const before = useAgents(scopeBefore, false);
  const rows = useMemo(() => query.data ?? [], [query.data]);
  const earlier = useMemo(
    () => (scopeBefore && before.data ? new Map(before.data.map((row) => [rowKey(row), row])) : null),
    [scopeBefore, before.data],
  );
  const places = useMemo(() => costPlaces(rows.map((row) => row.cost_usd)), [rows]);
  const scale = useMemo(() => scaleOf(rows.map((row) => row.duration_ms)), [rows]);
  const columns = useMemo(() => columnsFor(places, scale, earlier), [places, scale, earlier]);
  const measures = useMemo(() => runMeasures(t, t("Runs"), t("Run time p95")), []);
  const overTime = useOverTime({ from: "agents", group_by: ["agent"] }, scope, refetch);
  const sparks = useSparks(overTime);
  const calls = useSparks(useAsk({ from: "calls", step: "auto", filter: "has:agent" }, scope, refetch));
  const tools = useSparks(useAsk({ from: "tools", step: "auto", filter: "has:agent" }, scope, refetch));
  const opened = open === null ? undefined : rows.find((row) => rowKey(row) === open);
  return (
    <WorkPage
      title={t("Agents")}
      facts={
        <span>
          {t("{n} agents", { count: rows.length, n: count(rows.length) })} · {rangeLabel(scope.range)}
        </span>
      }
      query={query}
      empty={rows.length === 0}
      what={t("runs of agents")}
      detail={opened ? <AgentDetail key={open} row={opened} scope={scope} refetch={refetch} /> : null}
    >
      <AgentTotals
        rows={rows}
        before={scopeBefore ? before.data : undefined}
        sparks={{ runs: sparks, calls, tools }}
      />
      <OverTime
        title={t("Over time")}
        query={overTime}
        measures={measures}
        nameOf={seriesName}
        hrefOf={seriesHref}
      />
      <WorkPart title={t("By agent")} note={t("Click a row for details, a number for what it counts")}>
        <WorkTable
          label={t("Agents")}
          rows={rows}
          columns={columns}
          rowKey={rowKey}
          nameHead={t("Agent")}
          nameText={agentName}
          name={agentName}
          compact={compactAgent(places)}
          sort={params.get("sort") ?? "-runs"}
        />
      </WorkPart>
    </WorkPage>
  );
}
