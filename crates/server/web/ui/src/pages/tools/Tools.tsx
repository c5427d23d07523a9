// Which tools fail, which are slow, is that new, and what should be done about it?
import { useMemo } from "react";
import { type ToolInsight, useToolInsights } from "../../api/insight";
import { Stat } from "../../charts";
import { Segments } from "../../components/Segments";
import { compact, count, duration, percent } from "../../lib/format";
import { t } from "../../lib/i18n";
import { rangeLabel } from "../../lib/time";
import { useScopeBefore } from "../../state/compare";
import { filterHref } from "../../state/filters";
import { useNow } from "../../state/screen";
import { setParams } from "../../state/url";
import { deltaOf, pointsOf } from "../roster/Against";
import { useWorkPlace } from "../roster/place";
import { WorkPage, WorkPart } from "../roster/WorkPage";
import { WorkTable } from "../roster/WorkTable";
import { compactTool, toolColumns } from "./columns";
import { lastHours } from "./hours";
import { Pattern } from "./Pattern";
import { toolRuns } from "./ToolCard";
import { ToolCards } from "./ToolCards";
import { ToolDetail } from "./ToolDetail";
import "./tools.css";

const NONE: readonly ToolInsight[] = [];

export function Tools() {
  const { params, scope, open, refetch } = useWorkPlace();
  const query = useToolInsights(scope, refetch);
  const scopeBefore = useScopeBefore(scope);
  const before = useToolInsights(scopeBefore ?? scope, false, scopeBefore !== null);
  const tools = query.data ?? NONE;
  const minute = Math.floor(useNow(60_000) / 3_600_000);
  const starts = useMemo(() => lastHours(minute * 3_600_000), [minute]);
  const longest = useMemo(() => Math.max(1, ...tools.map((tool) => tool.latency_ms.p99 ?? 0)), [tools]);
  const columns = useMemo(() => toolColumns(longest), [longest]);
  const opened = open === null ? undefined : tools.find((tool) => tool.name === open);
  const view = params.get("view") === "table" ? "table" : "cards";
  return (
    <WorkPage
      title={t("Tools")}
      facts={
        <span>
          {t("{n} tools", { count: tools.length, n: count(tools.length) })} · {rangeLabel(scope.range)}
        </span>
      }
      query={query}
      empty={tools.length === 0}
      what={t("tool calls")}
      detail={
        opened ? (
          <ToolDetail key={open} tool={opened} starts={starts} scope={scope} refetch={refetch} />
        ) : null
      }
    >
      <Totals tools={tools} before={scopeBefore ? before.data : undefined} />
      <Pattern tools={tools} starts={starts} />
      <WorkPart
        title={t("By tool")}
        tools={
          <Segments
            label={t("View")}
            options={[
              { id: "cards", label: t("Cards") },
              { id: "table", label: t("Table") },
            ]}
            value={view}
            onPick={(id) => setParams({ view: id === "cards" ? null : id }, { replace: true })}
          />
        }
      >
        {view === "cards" ? (
          <ToolCards tools={tools} starts={starts} open={open} />
        ) : (
          <WorkTable
            label={t("Tools")}
            rows={tools}
            columns={columns}
            rowKey={(tool) => tool.name}
            nameHead={t("Tool")}
            nameText={(tool) => tool.name}
            name={(tool) => <span className="mono">{tool.name}</span>}
            compact={compactTool}
            sort={params.get("sort") ?? "-calls"}
          />
        )}
      </WorkPart>
    </WorkPage>
  );
}

function sumsOf(tools: readonly ToolInsight[]) {
  const calls = tools.reduce((sum, tool) => sum + tool.calls, 0);
  const errors = tools.reduce((sum, tool) => sum + tool.errors, 0);
  const ended = tools.filter((tool) => tool.latency_ms.p95 !== null);
  const slowest = ended.reduce<ToolInsight | null>(
    (most, tool) => ((tool.latency_ms.p95 ?? 0) > (most?.latency_ms.p95 ?? -1) ? tool : most),
    null,
  );
  return { calls, errors, slowest, success: calls > 0 ? 1 - errors / calls : null };
}

function Totals({
  tools,
  before,
}: {
  tools: readonly ToolInsight[];
  before: readonly ToolInsight[] | undefined;
}) {
  const now = sumsOf(tools);
  const then = before ? sumsOf(before) : undefined;
  const failing = tools.filter((tool) => tool.errors > 0).length;
  const advised = tools.filter((tool) => tool.recommendations.length > 0).length;
  return (
    <div className="stats">
      <Stat
        label={t("Calls")}
        value={compact(now.calls)}
        href={filterHref("/tool-runs", { has: "tool" })}
        {...deltaOf(now.calls, then?.calls)}
      />
      <Stat
        label={t("Success")}
        value={now.success === null ? "–" : percent(now.success)}
        note={t("{n} calls failed", { count: now.errors, n: count(now.errors) })}
        href={filterHref("/tool-runs", { has: "tool" }, { state: "failed" })}
        good="up"
        {...pointsOf(now.success, then ? then.success : undefined)}
      />
      <Stat
        label={t("Tools that failed")}
        value={count(failing)}
        note={t("of {n}", { n: count(tools.length) })}
      />
      <Stat
        label={t("Slowest, p95")}
        value={duration(now.slowest?.latency_ms.p95)}
        note={
          now.slowest ? (
            <span className="mono stat-name" title={now.slowest.name}>
              {now.slowest.name}
            </span>
          ) : undefined
        }
        href={now.slowest ? toolRuns(now.slowest, { sort: "-duration" }) : undefined}
      />
      <Stat
        label={t("Needs attention")}
        value={count(advised)}
        note={advised > 0 ? t("see the recommendations") : t("no recommendations")}
      />
    </div>
  );
}
