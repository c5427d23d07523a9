// One tool: its figures, its change against before, what to do, its runs over time, its day, and what fails.
import { useMemo } from "react";
import { useAsk } from "../../api/ask";
import type { ToolInsight } from "../../api/insight";
import type { Scope } from "../../api/queries";
import { Bars, Histogram } from "../../charts";
import { HealthScore } from "../../components/HealthScore";
import { Link } from "../../components/Link";
import { Answered } from "../../components/Panel";
import { count, duration, marked, percent } from "../../lib/format";
import { t } from "../../lib/i18n";
import { filterHref } from "../../state/filters";
import { Multiples } from "../roster/Multiples";
import { latencies, outcomes } from "../roster/multiples";
import { only } from "../roster/names";
import { ErrorKinds, type Fact, Facts, Num } from "../roster/parts";
import { Detail, WorkPart } from "../roster/WorkPage";
import { Advice } from "./Advice";
import { HourStrip } from "./HourStrip";
import { onHours } from "./hours";
import { toolRuns } from "./ToolCard";
import { baselineSpan, changeWords } from "./words";

interface Props {
  tool: ToolInsight;
  starts: readonly number[];
  scope: Scope;
  refetch: number | false;
}

export function ToolDetail({ tool, starts, scope, refetch }: Props) {
  const filter = only("tool", tool.name);
  const spread = useAsk({ from: "tools", histogram: true, filter }, scope, refetch);
  const agents = useAsk({ from: "tools", group_by: ["agent"], top: 12, filter }, scope, refetch);
  const charts = useMemo(
    () => [outcomes(t("Runs"), "--tool"), latencies(t("Run time, p50 and p95"), "--tool")],
    [],
  );
  const said = changeWords(tool);
  return (
    <Detail
      kind={t("tool")}
      hue="tool"
      title={tool.name}
      actions={
        <Link className="quiet-button" href={filterHref("/traces", { tool: tool.name })}>
          {t("Traces")}
        </Link>
      }
    >
      <Facts facts={factsOf(tool)} />
      <WorkPart title={t("Health score")}>
        <HealthScore scope={{ tool: tool.name }} />
      </WorkPart>
      {tool.recommendations.length > 0 ? (
        <WorkPart title={t("Recommendation")}>
          <Advice tool={tool} />
        </WorkPart>
      ) : null}
      <WorkPart title={t("vs previous 7 days")} note={tool.baseline ? baselineSpan(tool) : undefined}>
        {said.length > 0 ? (
          <ul className="tool-change">
            {said.map((one) => (
              <li key={one.text} className={`is-${one.tone}`}>
                {one.text}
              </li>
            ))}
            <li className="faint">
              {t("{n} calls before", {
                count: tool.baseline?.calls ?? 0,
                n: count(tool.baseline?.calls ?? 0),
              })}
            </li>
          </ul>
        ) : (
          <p className="part-empty">{t("Not called in the previous period, so there is no comparison.")}</p>
        )}
      </WorkPart>
      <Multiples ask={{ from: "tools", filter }} scope={scope} refetch={refetch} charts={charts} />
      <WorkPart title={t("The last 24 hours")}>
        <div className="detail-strip">
          <HourStrip
            hours={onHours(tool.hours, starts)}
            label={t("Calls of {tool} in the last 24 hours", { tool: tool.name })}
          />
          <span className="detail-strip-ends faint">
            <span>{t("24 h ago")}</span>
            <span>{t("now")}</span>
          </span>
        </div>
      </WorkPart>
      <WorkPart title={t("How long it takes")}>
        <Answered query={spread} lines={3}>
          {({ total }) =>
            total.latency_ms?.histogram?.length ? (
              <Histogram
                bins={total.latency_ms.histogram.map(([upper, calls]) => ({ upper, count: calls }))}
                unit="ms"
                hue="--tool"
                height={140}
                label={t("Runs by duration")}
              />
            ) : (
              <p className="part-empty">{t("No run has ended yet.")}</p>
            )
          }
        </Answered>
      </WorkPart>
      <WorkPart title={t("Failures")}>
        <ErrorKinds
          kinds={tool.error_kinds}
          to={(cause) => toolRuns(tool, { state: "failed", message: cause.messages })}
        />
      </WorkPart>
      <WorkPart title={t("Used by")}>
        <Answered query={agents} lines={3}>
          {({ groups }) => (
            <Bars
              rows={groups.map((one) => ({
                name: one.key.agent ?? t("no agent named"),
                value: one.count,
                hue: one.key.agent ? "agent" : "other",
                href: toolRuns(tool, {}, { agent: one.key.agent ?? null }),
                note: one.errors > 0 ? t("{n} failed", { n: count(one.errors) }) : undefined,
              }))}
              unit="count"
              label={t("Runs by agent")}
            />
          )}
        </Answered>
      </WorkPart>
    </Detail>
  );
}

function factsOf(tool: ToolInsight): Fact[] {
  return [
    { label: t("Calls"), value: <Num value={tool.calls} to={toolRuns(tool)} /> },
    {
      label: t("Success"),
      value: (
        <span className={tool.errors ? "failing" : undefined}>
          {tool.success_rate === null ? "–" : percent(tool.success_rate)}
        </span>
      ),
      note: (
        <Num
          value={tool.errors}
          text={t("{n} calls failed", { count: tool.errors, n: count(tool.errors) })}
          to={toolRuns(tool, { state: "failed" })}
        />
      ),
    },
    {
      label: "p50",
      value: duration(tool.latency_ms.p50),
      note: t("mean {time}", { time: duration(tool.latency_ms.avg) }),
    },
    {
      label: "p95",
      value: duration(tool.latency_ms.p95),
      note: t("p99 {time}", { time: duration(tool.latency_ms.p99) }),
    },
    {
      label: t("Output/input tokens"),
      value: tool.output_per_input === null ? "–" : marked(tool.output_per_input.toFixed(2)),
      note: tool.output_per_input === null ? t("no LLM calls") : t("tokens of calls within it"),
      title: t("Tokens written for each token read, of the calls made within the tool"),
    },
  ];
}
