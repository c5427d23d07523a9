// Saved queries: statements under a title, kept by the server for everyone who uses it.
import { type FormEvent, useState } from "react";
import { useSaveView, useViews, type View } from "../../api/views";
import { useForbidden } from "../../components/Allowed";
import { Icon } from "../../components/Icon";
import { Menu } from "../../components/Menu";
import { Trouble } from "../../components/States";
import { ViewLine } from "../../components/ViewLine";
import { t } from "../../lib/i18n";
import { setParams, usePlace } from "../../state/url";
import { idFor, markUsed, viewsInOrder } from "../../state/views";

interface Props {
  statement: string;
  /** The saved query of the page. */
  present: View | undefined;
}

export function Saved({ statement, present }: Props) {
  const views = useViews();
  const list = viewsInOrder(views.data ?? []).filter((view) => view.statement !== undefined);
  return (
    <Menu
      align="end"
      title={t("Saved queries")}
      label={
        <>
          <Icon name={present ? "bookmarked" : "bookmark"} size={14} />
          <span className="views-name">{t("Saved queries")}</span>
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
                  title={view.statement ?? ""}
                />
              ))}
            </ul>
          ) : views.isSuccess ? (
            <p className="menu-note">
              {t(
                "A saved query keeps a statement and its chart under a title, for all users of this project.",
              )}
            </p>
          ) : null}
          <Save statement={statement} present={present} done={close} />
        </div>
      )}
    </Menu>
  );
}

/** The part of the address that a saved query keeps: its chart. */
function chartQuery(params: URLSearchParams): string {
  const chart = params.get("chart");
  return chart ? `chart=${encodeURIComponent(chart)}` : "";
}

function Save({ statement, present, done }: Props & { done: () => void }) {
  const { params } = usePlace();
  const [title, setTitle] = useState("");
  const forbidden = useForbidden("write");
  const save = useSaveView();
  const store = (view: View) =>
    save.mutate(view, {
      onSuccess: () => {
        markUsed(view.id);
        setParams({ query: view.id, statement: null }, { replace: true });
        done();
      },
    });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const name = title.trim();
    if (name) store({ id: idFor(name), title: name, page: "/sql", query: chartQuery(params), statement });
  };
  const isEmpty = statement.trim() === "";
  const changed = present && (present.statement !== statement || present.query !== chartQuery(params));
  return (
    <>
      {changed ? (
        <p className="views-share">
          <button
            type="button"
            className="button"
            disabled={forbidden !== null || isEmpty || save.isPending}
            title={forbidden ?? undefined}
            onClick={() => store({ ...present, statement, query: chartQuery(params) })}
          >
            {t("Save changes to {title}", { title: present.title })}
          </button>
        </p>
      ) : null}
      <form className="views-form views-save" onSubmit={submit}>
        <input
          className="field"
          data-first={present === undefined || undefined}
          value={title}
          maxLength={80}
          disabled={forbidden !== null}
          title={forbidden ?? undefined}
          placeholder={t("Save this statement as …")}
          aria-label={t("Title of the query")}
          onChange={(event) => setTitle(event.target.value)}
        />
        <button type="submit" className="button" disabled={!title.trim() || isEmpty || save.isPending}>
          {t("Save")}
        </button>
        {save.isError ? <Trouble error={save.error} /> : null}
      </form>
    </>
  );
}
