// What can be done with a dashboard, in the head of its page.
import { useState } from "react";
import { type DashboardBody, useDashboards, useDeleteDashboard } from "../../api/dashboards";
import { AllowedButton, useForbidden } from "../../components/Allowed";
import { Field } from "../../components/Field";
import { Link } from "../../components/Link";
import { Menu } from "../../components/Menu";
import { Trouble } from "../../components/States";
import { t } from "../../lib/i18n";
import { href, navigate } from "../../state/url";
import { dropDraft, leaveDraft } from "./drafts";
import { type EditingState, NEW, type OpenProps } from "./editing";
import { download, fileText } from "./file";
import { idOf } from "./model";

export function ViewTools({ id, body, builtIn }: { id: string; body: DashboardBody; builtIn: boolean }) {
  const [sure, setSure] = useState(false);
  const forbidden = useForbidden("write");
  const drop = useDeleteDashboard();
  return (
    <span className="head-tools">
      {builtIn ? <span className="faint">{t("built-in")}</span> : null}
      {forbidden ? (
        <AllowedButton needs="write" className="button">
          {t("Edit")}
        </AllowedButton>
      ) : (
        <Link className="button" href={href(`/dashboards/${encodeURIComponent(id)}`, { edit: "1" })}>
          {t("Edit")}
        </Link>
      )}
      <Menu label={t("More")} title={t("More about this dashboard")} align="end">
        {(close) => (
          <ul className="menu-list">
            <li>
              <AllowedButton
                needs="write"
                className="menu-item"
                onClick={() => {
                  leaveDraft({ ...body, title: t("{title} (copy)", { title: body.title }) });
                  navigate(href(`/dashboards/${NEW}`));
                }}
              >
                {t("Duplicate")}
              </AllowedButton>
            </li>
            <li>
              <button
                type="button"
                className="menu-item"
                onClick={() => {
                  download(`${id}.json`, fileText(body));
                  close();
                }}
              >
                {t("Export as JSON")}
              </button>
            </li>
            {builtIn ? null : (
              <li>
                <AllowedButton
                  needs="write"
                  className="menu-item is-grave"
                  onClick={() => {
                    if (!sure) return setSure(true);
                    drop.mutate(id, { onSuccess: () => navigate(href("/dashboards")) });
                  }}
                >
                  {sure ? t("Delete for everyone: sure?") : t("Delete")}
                </AllowedButton>
              </li>
            )}
            {drop.isError ? (
              <li className="menu-note">
                <Trouble error={drop.error} />
              </li>
            ) : null}
          </ul>
        )}
      </Menu>
    </span>
  );
}

export function EditTools({
  id,
  saved,
  builtIn,
  editing,
  add,
}: OpenProps & { editing: EditingState; add: () => void }) {
  const { draft, side, setSide, save, changed, stop } = editing;
  const [naming, setNaming] = useState(false);
  const asNew = id === null || builtIn;
  const store = (as: string, body: DashboardBody) =>
    save.mutate(
      { id: as, body },
      {
        onSuccess: () => {
          dropDraft();
          navigate(href(`/dashboards/${encodeURIComponent(as)}`), { replace: true });
        },
      },
    );
  return (
    <span className="head-tools">
      <button type="button" className="button" onClick={add}>
        {t("Add a panel")}
      </button>
      <button
        type="button"
        className="button"
        aria-pressed={side === "settings"}
        onClick={() => setSide(side === "settings" ? null : "settings")}
      >
        {t("Settings")}
      </button>
      <button type="button" className="button" onClick={stop}>
        {changed ? t("Discard") : t("Done")}
      </button>
      {asNew ? null : (
        <button type="button" className="button" onClick={() => setNaming(!naming)} aria-expanded={naming}>
          {t("Save as")}
        </button>
      )}
      <button
        type="button"
        className="button is-main"
        disabled={save.isPending || (!changed && !asNew)}
        onClick={() => {
          if (asNew) setNaming(!naming);
          else store(id, draft);
        }}
      >
        {asNew ? t("Save as") : t("Save")}
      </button>
      {naming ? (
        <SaveAs
          title={draft.title || (id === null ? "" : saved.title)}
          close={() => setNaming(false)}
          save={(as, title) => store(as, { ...draft, title })}
          busy={save.isPending}
        />
      ) : null}
    </span>
  );
}

/** A name for a new dashboard; its address is made of it. */
function SaveAs({
  title,
  save,
  close,
  busy,
}: {
  title: string;
  save: (id: string, title: string) => void;
  close: () => void;
  busy: boolean;
}) {
  const known = useDashboards();
  const [name, setName] = useState(title);
  const taken = (known.data ?? []).map((one) => one.id);
  const id = idOf(name, taken);
  return (
    <form
      className="save-as"
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim()) save(id, name.trim());
      }}
      onKeyDown={(event) => {
        if (event.key === "Escape") close();
      }}
    >
      <Field label={t("Title")} value={name} onChange={setName} autoFocus hint={`/dashboards/${id}`} />
      <div className="form-actions">
        <button type="submit" className="button is-main" disabled={busy || !name.trim()}>
          {t("Save")}
        </button>
        <button type="button" className="button" onClick={close}>
          {t("Cancel")}
        </button>
      </div>
    </form>
  );
}
