// How a tool reads in a row.
import type { ToolInsight } from "../../api/insight";
import { count, duration, marked, percent } from "../../lib/format";
import { t } from "../../lib/i18n";
import { Nil, Num } from "../roster/parts";
import type { WorkColumn } from "../roster/WorkTable";
import { toolRuns } from "./ToolCard";
import { changeWords } from "./words";

/** p50 to p99 on one scale for all rows, p95 as the hollow knot between. */
function LatencyCord({ tool, longest }: { tool: ToolInsight; longest: number }) {
  const { p50, p95, p99 } = tool.latency_ms;
  if (p50 === null || p95 === null || p99 === null) return <Nil />;
  const at = (value: number) => `${(Math.sqrt(value / longest) * 100).toFixed(2)}%`;
  const title = `p50 ${duration(p50)} · p95 ${duration(p95)} · p99 ${duration(p99)}`;
  return (
    <span className="latency-cord" title={title} role="img" aria-label={title}>
      <i className="latency-line" style={{ left: at(p50), width: `calc(${at(p99)} - ${at(p50)})` }} />
      <i className="latency-knot" style={{ left: at(p50) }} />
      <i className="latency-knot is-p95" style={{ left: at(p95) }} />
    </span>
  );
}

const latency = (id: "p50" | "p95" | "p99"): WorkColumn<ToolInsight> => ({
  id,
  head: id,
  title: t("{n}% of calls take at most this long", { n: id.slice(1) }),
  end: true,
  least: 68,
  ...(id === "p99" ? { drop: 3 } : {}),
  by: (tool) => tool.latency_ms[id],
  cell: (tool) => <span className="figure">{duration(tool.latency_ms[id])}</span>,
});

export function toolColumns(longest: number): readonly WorkColumn<ToolInsight>[] {
  return [
    {
      id: "calls",
      head: t("Calls"),
      end: true,
      least: 60,
      by: (tool) => tool.calls,
      cell: (tool) => <Num value={tool.calls} to={toolRuns(tool)} />,
    },
    {
      id: "inferred",
      head: t("Inferred"),
      title: t("Runs without a span, inferred from the messages of calls. Other figures exclude them."),
      end: true,
      least: 70,
      drop: 1,
      by: (tool) => tool.inferred ?? 0,
      cell: (tool) => (tool.inferred ? <span className="figure">{count(tool.inferred)}</span> : <Nil />),
    },
    {
      id: "errors",
      head: t("Errors"),
      end: true,
      least: 60,
      by: (tool) => tool.errors,
      cell: (tool) => <Num value={tool.errors} to={toolRuns(tool, { state: "failed" })} failing />,
    },
    {
      id: "success",
      head: t("Success"),
      end: true,
      least: 66,
      by: (tool) => tool.success_rate,
      cell: (tool) => (
        <span className="figure">{tool.success_rate === null ? "–" : percent(tool.success_rate)}</span>
      ),
    },
    latency("p50"),
    latency("p95"),
    latency("p99"),
    {
      id: "cord",
      head: t("p50 to p99"),
      title: t("Square-root scale. Left end: p50. Mark: p95. Right end: p99"),
      least: 130,
      drop: 2,
      grows: true,
      cell: (tool) => <LatencyCord tool={tool} longest={longest} />,
    },
    {
      id: "efficiency",
      head: t("Output/input tokens"),
      title: t("Tokens written for each token read, of the calls made within the tool"),
      end: true,
      least: 76,
      drop: 5,
      by: (tool) => tool.output_per_input,
      cell: (tool) =>
        tool.output_per_input === null ? (
          <Nil title={t("no LLM calls")} />
        ) : (
          <span className="figure">{marked(tool.output_per_input.toFixed(2))}</span>
        ),
    },
    {
      id: "change",
      head: t("vs previous 7 days"),
      least: 180,
      drop: 4,
      by: (tool) => tool.change?.p95_percent ?? null,
      cell: (tool) => {
        const said = changeWords(tool);
        if (said.length === 0) return <Nil title={t("no calls in the time before")} />;
        const changed = said.filter((one) => one.tone !== "same");
        return (
          <span className="few" title={said.map((one) => one.text).join("\n")}>
            {changed.length === 0 ? (
              <span className="faint">{t("unchanged")}</span>
            ) : (
              changed.map((one) => one.text).join(" · ")
            )}
          </span>
        );
      },
    },
  ];
}

export const compactTool = (tool: ToolInsight) => (
  <>
    <span className="compact-line">
      <span className="row-name mono">{tool.name}</span>
      <span className="figure">{t("{n} calls", { count: tool.calls, n: count(tool.calls) })}</span>
    </span>
    <span className="compact-line muted">
      <span className={tool.errors ? "failing" : undefined}>
        {tool.success_rate === null ? "–" : t("{share} success", { share: percent(tool.success_rate) })}
      </span>
      <span className="figure">
        p50 {duration(tool.latency_ms.p50)} · p95 {duration(tool.latency_ms.p95)}
      </span>
    </span>
  </>
);
