// Small multiples: one card a tool, those that need someone first.
import { useMemo, useState } from "react";
import type { ToolInsight } from "../../api/insight";
import { Segments } from "../../components/Segments";
import { count } from "../../lib/format";
import { t } from "../../lib/i18n";
import { ordered } from "../../lib/order";
import { setParams, usePlace } from "../../state/url";
import { ToolCard } from "./ToolCard";
import { changeWords } from "./words";

const AT_ONCE = 24;
const FIND_FROM = 9;

/** How much a tool asks for attention: what is advised, what got worse, what fails. */
function urgency(tool: ToolInsight): number {
  const worse = changeWords(tool).filter((one) => one.tone === "worse").length;
  return tool.recommendations.length * 4 + worse * 2 + (tool.errors > 0 ? 1 + tool.errors / tool.calls : 0);
}

const ORDERS: Record<string, (tool: ToolInsight) => number | null> = {
  urgent: urgency,
  calls: (tool) => tool.calls,
  slow: (tool) => tool.latency_ms.p95,
};

interface Props {
  tools: readonly ToolInsight[];
  starts: readonly number[];
  open: string | null;
}

export function ToolCards({ tools, starts, open }: Props) {
  const { params } = usePlace();
  const [all, setAll] = useState(false);
  const find = params.get("find") ?? "";
  const order = params.get("first") ?? "urgent";
  const found = useMemo(() => {
    const word = find.trim().toLowerCase();
    const kept = word ? tools.filter((tool) => tool.name.toLowerCase().includes(word)) : tools;
    return ordered(kept, { by: ORDERS[order] ?? urgency, down: true, name: (tool) => tool.name });
  }, [tools, find, order]);
  const shown = all ? found : found.slice(0, AT_ONCE);
  return (
    <>
      <div className="work-find">
        {tools.length >= FIND_FROM ? (
          <input
            className="field"
            type="search"
            value={find}
            placeholder={t("Find by name")}
            aria-label={t("Find by name")}
            onChange={(event) => setParams({ find: event.target.value || null }, { replace: true })}
          />
        ) : null}
        {tools.length > 3 ? (
          <Segments
            label={t("Order")}
            options={[
              { id: "urgent", label: t("Needs attention") },
              { id: "calls", label: t("Most called") },
              { id: "slow", label: t("Slowest") },
            ]}
            value={order}
            onPick={(id) => setParams({ first: id === "urgent" ? null : id }, { replace: true })}
          />
        ) : null}
      </div>
      <ul className="tool-cards">
        {shown.map((tool) => (
          <ToolCard key={tool.name} tool={tool} starts={starts} picked={tool.name === open} />
        ))}
      </ul>
      {found.length === 0 ? <p className="part-empty">{t("No name contains these letters.")}</p> : null}
      {found.length > shown.length ? (
        <button type="button" className="button work-more" onClick={() => setAll(true)}>
          {t("Show all {n}", { n: count(found.length) })}
        </button>
      ) : null}
    </>
  );
}
