// Whole traces, or single LLM calls, tool runs and spans within them.
import { Link } from "../../components/Link";
import { t } from "../../lib/i18n";
import { filterHref } from "../../state/filters";
import type { WorkList } from "./workColumns";

export function TraceTabs({ at }: { at: "traces" | WorkList }) {
  const tabs = [
    { id: "traces", label: t("Traces") },
    { id: "calls", label: t("LLM calls") },
    { id: "tool-runs", label: t("Tool runs") },
    { id: "spans", label: t("Spans") },
  ] as const;
  return (
    <nav className="segments page-tabs" aria-label={t("Traces, calls, tool runs or spans")}>
      {tabs.map((tab) => (
        <Link
          key={tab.id}
          href={filterHref(`/${tab.id}`)}
          className={tab.id === at ? "segment is-chosen" : "segment"}
          aria-current={tab.id === at ? "page" : undefined}
        >
          {tab.label}
        </Link>
      ))}
    </nav>
  );
}
