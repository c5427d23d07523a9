// Whole traces, or the single calls of models within them.
import { Link } from "../../components/Link";
import { t } from "../../lib/i18n";
import { filterHref } from "../../state/filters";

export function TraceTabs({ at }: { at: "traces" | "calls" }) {
  const tabs = [
    { id: "traces", label: t("Traces") },
    { id: "calls", label: t("LLM calls") },
  ] as const;
  return (
    <nav className="segments page-tabs" aria-label={t("Traces or calls")}>
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
