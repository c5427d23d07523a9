// One agent: its figures, its runs and calls over time, what it uses, and what fails in it.
import { useMemo } from "react";
import type { AgentRow } from "../../api/insight";
import type { Scope } from "../../api/queries";
import { Bars } from "../../charts";
import { HealthScore } from "../../components/HealthScore";
import { Link } from "../../components/Link";
import { compact, count, duration, headlinePlaces, percent } from "../../lib/format";
import { t } from "../../lib/i18n";
import { ago, fullTime } from "../../lib/time";
import { filterHref } from "../../state/filters";
import { Multiples } from "../roster/Multiples";
import { cost, latencies, outcomes, tokens } from "../roster/multiples";
import { only } from "../roster/names";
import { ErrorKinds, type Fact, Facts, Num } from "../roster/parts";
import { Detail, WorkPart } from "../roster/WorkPage";
import { AgentCost, agentCalls, agentName, agentRuns, turns } from "./Agents";

interface Props {
  row: AgentRow;
  scope: Scope;
  refetch: number | false;
}

export function AgentDetail({ row, scope, refetch }: Props) {
  const agent = row.name;
  const filter = only("agent", agent);
  const runs = useMemo(
    () => [outcomes(t("Runs"), "--agent"), latencies(t("Run time, p50 and p95"), "--agent")],
    [],
  );
  const calls = useMemo(() => [latencies(t("LLM latency, p50 and p95"), "--llm"), tokens(), cost()], []);
  return (
    <Detail
      kind={t("agent")}
      hue="agent"
      title={agentName(row)}
      actions={
        <>
          {agent === null ? null : (
            <Link className="quiet-button" href={filterHref("/compare", {}, { by: "agent", a: agent })}>
              {t("Compare")}
            </Link>
          )}
          <Link className="quiet-button" href={filterHref("/traces", { agent })}>
            {t("Traces")}
          </Link>
        </>
      }
    >
      <Facts facts={factsOf(row)} />
      {agent === null ? null : (
        <WorkPart title={t("Health score")}>
          <HealthScore scope={{ agent }} />
        </WorkPart>
      )}
      <Multiples ask={{ from: "agents", filter }} scope={scope} refetch={refetch} charts={runs} />
      {row.llm_calls > 0 ? (
        <Multiples ask={{ from: "calls", filter }} scope={scope} refetch={refetch} charts={calls} />
      ) : null}
      <WorkPart title={t("Tools used")}>
        {row.tools.length > 0 ? (
          <Bars
            rows={row.tools.map((tool) => ({
              name: tool.name ?? t("unnamed"),
              value: tool.calls,
              hue: "tool",
              href: filterHref("/tool-runs", { agent, tool: tool.name }),
              note: tool.errors > 0 ? t("{n} failed", { n: count(tool.errors) }) : undefined,
            }))}
            unit="count"
            label={t("Runs by tool")}
          />
        ) : (
          <p className="part-empty">{t("It ran no tool in this range.")}</p>
        )}
      </WorkPart>
      <WorkPart title={t("Models used")}>
        {row.models.length > 0 ? (
          <Bars
            rows={row.models.map((model) => ({
              name: model.name ?? t("(no model)"),
              value: model.calls,
              hue: "llm",
              href: filterHref("/calls", { agent, model: model.name }),
            }))}
            unit="count"
            label={t("Calls by model")}
          />
        ) : (
          <p className="part-empty">{t("It called no model in this range.")}</p>
        )}
      </WorkPart>
      <WorkPart title={t("Failures")}>
        <ErrorKinds
          kinds={row.error_kinds}
          to={({ messages }) => filterHref("/spans", { agent }, { state: "failed", message: messages })}
        />
      </WorkPart>
    </Detail>
  );
}

function factsOf(row: AgentRow): Fact[] {
  return [
    {
      label: t("Runs"),
      value: <Num value={row.runs} to={agentRuns(row.name)} />,
      note:
        row.running > 0 ? (
          <Num
            value={row.running}
            text={t("{n} running", { n: count(row.running) })}
            to={agentRuns(row.name, { state: "running" })}
          />
        ) : undefined,
    },
    {
      label: t("Failed"),
      value: (
        <span className={row.errors ? "failing" : undefined}>
          {percent(row.runs > 0 ? row.errors / row.runs : 0)}
        </span>
      ),
      note: (
        <Num
          value={row.errors}
          text={t("{n} runs", { count: row.errors, n: count(row.errors) })}
          to={agentRuns(row.name, { state: "failed" })}
        />
      ),
    },
    {
      label: t("LLM calls per run"),
      value: turns(row.llm_calls_per_run),
      note: (
        <Num
          value={row.llm_calls}
          text={t("{n} calls", { count: row.llm_calls, n: count(row.llm_calls) })}
          to={agentCalls(row.name)}
        />
      ),
    },
    {
      label: t("LLM latency p50"),
      value: duration(row.decision_ms?.p50),
      note: t("p95 {time}", { time: duration(row.decision_ms?.p95) }),
    },
    {
      label: t("Run time p50"),
      value: duration(row.duration_ms?.p50),
      note: t("p95 {time}", { time: duration(row.duration_ms?.p95) }),
    },
    {
      label: t("Tool runs"),
      value: <Num value={row.tool_calls} to={filterHref("/tool-runs", { agent: row.name })} />,
    },
    {
      label: t("Cost"),
      value: <AgentCost row={row} places={headlinePlaces(row.cost_usd ?? "0")} />,
      note: t("{n} tokens", { count: row.tokens?.total ?? 0, n: compact(row.tokens?.total ?? 0) }),
    },
    {
      label: t("Last run"),
      value: row.last_at ? ago(row.last_at) : "–",
      title: row.last_at ? fullTime(row.last_at) : undefined,
    },
  ];
}
