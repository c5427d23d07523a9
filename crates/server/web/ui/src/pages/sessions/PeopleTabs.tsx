// Sessions and their users are two readings of the same.
import { Link } from "../../components/Link";
import { t } from "../../lib/i18n";
import { filterHref } from "../../state/filters";

export function PeopleTabs({ at }: { at: "sessions" | "users" }) {
  const tabs = [
    { id: "sessions", label: t("Sessions") },
    { id: "users", label: t("Users") },
  ] as const;
  return (
    <nav className="segments page-tabs" aria-label={t("Sessions or users")}>
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
