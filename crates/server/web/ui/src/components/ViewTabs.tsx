// Saved views of the page as tabs, so that one click changes from one to the next.
import { useEffect, useRef } from "react";
import { useViews, type View } from "../api/views";
import { t } from "../lib/i18n";
import { navigate, usePlace } from "../state/url";
import { openView, presentQuery, viewsOf } from "../state/views";

const sorted = (query: string) => {
  const words = new URLSearchParams(query);
  words.sort();
  return words.toString();
};

/** The view that the address shows, if it is one. */
export function usePresentView(views: readonly View[]): View | undefined {
  const { path, params } = usePlace();
  const query = presentQuery(params);
  if (!query) return undefined;
  return views.find((view) => view.page === path && sorted(view.query) === sorted(query));
}

export function ViewTabs() {
  const { path, params } = usePlace();
  const views = viewsOf(path, useViews().data ?? []);
  const present = usePresentView(views);
  const line = useRef<HTMLElement>(null);
  const chosen = present?.id;
  // The chosen tab is in sight where the line is wider than the screen.
  useEffect(() => {
    if (chosen)
      line.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [chosen]);
  if (views.length === 0) return null;
  const tab = (isChosen: boolean) => (isChosen ? "segment is-chosen" : "segment");
  const bare = presentQuery(params) === "";
  return (
    <nav className="segments view-tabs" aria-label={t("Saved views")} ref={line}>
      <button
        type="button"
        className={tab(bare)}
        aria-current={bare ? "page" : undefined}
        onClick={() => navigate(path)}
      >
        {t("Default view")}
      </button>
      {views.map((view) => (
        <button
          key={view.id}
          type="button"
          className={tab(view.id === chosen)}
          aria-current={view.id === chosen ? "page" : undefined}
          title={view.title}
          onClick={() => openView(view)}
        >
          {view.title}
        </button>
      ))}
    </nav>
  );
}
