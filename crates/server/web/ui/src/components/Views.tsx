// Saved views at the end of the filter bar: pick one, save what is on the screen, rename, delete.
import { type FormEvent, useState } from "react";
import { useSaveView, useViews, type View } from "../api/views";
import { t } from "../lib/i18n";
import { resolveRange } from "../lib/time";
import { currentColumns, DEFAULT_COLUMNS } from "../state/columns";
import { pageOf } from "../state/pages";
import { rangeOf, usePlace } from "../state/url";
import { idFor, markUsed, presentQuery, viewsInOrder } from "../state/views";
import { useForbidden } from "./Allowed";
import { Copy } from "./Copy";
import { Icon } from "./Icon";
import { Menu } from "./Menu";
import { Trouble } from "./States";
import { ViewLine } from "./ViewLine";
import { usePresentView } from "./ViewTabs";

export function ViewsMenu() {
  const views = useViews();
  const list = viewsInOrder(views.data ?? []);
  const present = usePresentView(list);
  const name = present?.title;
  return (
    <Menu
      align="end"
      className={name ? "views-button is-chosen" : "views-button"}
      title={t("Saved views")}
      label={
        <>
          <Icon name={name ? "bookmarked" : "bookmark"} size={14} />
          <span className="views-name">{name ?? t("Views")}</span>
        </>
      }
    >
      {(close) => (
        <div className="views-panel">
          {views.isError ? <Trouble error={views.error} retry={() => void views.refetch()} /> : null}
          {list.length > 0 ? (
            <ul className="menu-list">
              {list.map((view) => (
                <ViewLine
                  key={view.id}
                  view={view}
                  present={view.id === present?.id}
                  close={close}
                  title={view.query ? `${view.page}?${view.query}` : view.page}
                  hint={pageOf(view.page)?.label() ?? view.page}
                />
              ))}
            </ul>
          ) : views.isSuccess ? (
            <p className="menu-note">
              {t("A view keeps a page's filter, time range and columns under a name.")}
            </p>
          ) : null}
          <SaveView present={present} done={close} />
          <ShareLink />
        </div>
      )}
    </Menu>
  );
}

/** The address of the page with the ends of its time range, so that it shows the same to everybody and tomorrow. */
function ShareLink() {
  const { path, params } = usePlace();
  const { since, until = new Date().toISOString() } = resolveRange(rangeOf(params));
  const fixed = new URLSearchParams(params);
  fixed.delete("range");
  if (since) {
    fixed.set("since", since);
    fixed.set("until", until);
  } else fixed.set("range", "all");
  const link = `${window.location.origin}${path}?${fixed}`;
  return (
    <p className="views-share">
      <Copy text={link} label={t("Copy link")} what={t("Copy a link with fixed times")} />
      <span className="menu-note">{t("The link keeps the filter and fixed times.")}</span>
    </p>
  );
}

function SaveView({ present, done }: { present: View | undefined; done: () => void }) {
  const { path, params } = usePlace();
  const [title, setTitle] = useState("");
  const forbidden = useForbidden("write");
  const save = useSaveView();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const name = title.trim();
    if (!name) return;
    const columns = [...currentColumns()];
    const own = path === "/traces" && columns.join() !== DEFAULT_COLUMNS.join();
    const view: View = {
      id: idFor(name),
      title: name,
      page: path,
      query: presentQuery(params),
      ...(own ? { columns } : {}),
    };
    save.mutate(view, {
      onSuccess: () => {
        markUsed(view.id);
        done();
      },
    });
  };
  return (
    <form className="views-form views-save" onSubmit={submit}>
      <input
        className="field"
        data-first={present === undefined || undefined}
        value={title}
        maxLength={80}
        disabled={forbidden !== null}
        title={forbidden ?? undefined}
        placeholder={present ? t("Save as another view …") : t("Save this view as …")}
        aria-label={t("Title of the view")}
        onChange={(event) => setTitle(event.target.value)}
      />
      <button type="submit" className="button" disabled={!title.trim() || save.isPending}>
        {t("Save")}
      </button>
      {save.isError ? <Trouble error={save.error} /> : null}
    </form>
  );
}
