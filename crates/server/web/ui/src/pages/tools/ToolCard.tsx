// One tool at a glance: is it called, does it work, is it fast, is that new, and what should be done?
import type { ToolInsight } from "../../api/insight";
import { Link } from "../../components/Link";
import { count, duration, percent } from "../../lib/format";
import { t } from "../../lib/i18n";
import type { Narrowing } from "../../lib/query";
import { filterHref } from "../../state/filters";
import type { Params } from "../../state/url";
import { Num } from "../roster/parts";
import { detailHref } from "../roster/place";
import { Advice } from "./Advice";
import { HourStrip } from "./HourStrip";
import { onHours } from "./hours";
import { changeWords } from "./words";

/** The runs of a tool, one by one. */
export const toolRuns = (tool: { name: string }, params: Params = {}, by: Narrowing = {}) =>
  filterHref("/tool-runs", { tool: tool.name, ...by }, params);

export function ToolCard({
  tool,
  starts,
  picked,
}: {
  tool: ToolInsight;
  starts: readonly number[];
  picked: boolean;
}) {
  const said = changeWords(tool).filter((one) => one.tone !== "same");
  const failing = tool.errors > 0;
  return (
    <li className={picked ? "tool-card is-picked" : "tool-card"}>
      <Link className="tool-card-head" href={detailHref(tool.name)} aria-current={picked || undefined}>
        <span className="row-name mono">{tool.name}</span>
      </Link>
      <Num
        value={tool.calls}
        text={t("{n} calls", { count: tool.calls, n: count(tool.calls) })}
        to={toolRuns(tool)}
      />
      <Link className="tool-card-strip" href={detailHref(tool.name)} tabIndex={-1} aria-hidden="true">
        <HourStrip
          hours={onHours(tool.hours, starts)}
          label={t("Calls of {tool} in the last 24 hours", { tool: tool.name })}
        />
      </Link>
      <dl className="tool-card-figures">
        <div>
          <dt>{t("success")}</dt>
          <dd>
            {tool.success_rate === null ? (
              <span className="nil">–</span>
            ) : failing ? (
              <Link
                className="figure num failing"
                href={toolRuns(tool, { state: "failed" })}
                title={t("{n} calls failed", { count: tool.errors, n: count(tool.errors) })}
              >
                {percent(tool.success_rate)}
              </Link>
            ) : (
              <span className="figure">{percent(tool.success_rate, 0)}</span>
            )}
          </dd>
        </div>
        {(["p50", "p95", "p99"] as const).map((id) => (
          <div key={id}>
            <dt>{id}</dt>
            <dd className="figure">{duration(tool.latency_ms[id])}</dd>
          </div>
        ))}
      </dl>
      {said.length > 0 ? (
        <ul className="tool-change">
          {said.map((one) => (
            <li key={one.text} className={`is-${one.tone}`}>
              {one.text}
            </li>
          ))}
        </ul>
      ) : null}
      <Advice tool={tool} most={1} />
    </li>
  );
}
