// A line of a menu of saved views.
import { type FormEvent, useState } from "react";
import { useDeleteView, useSaveView, type View } from "../api/views";
import { t } from "../lib/i18n";
import { openView } from "../state/views";
import { useForbidden } from "./Allowed";
import { Icon } from "./Icon";
import { Trouble } from "./States";

interface Props {
  view: View;
  present: boolean;
  close: () => void;
  /** Tooltip: what the view shows. */
  title: string;
  /** Page of the view. */
  hint?: string;
}

/** A saved view in a menu: open, rename, delete. */
export function ViewLine({ view, present, close, title: tooltip, hint }: Props) {
  const [state, setState] = useState<"shown" | "renaming" | "leaving">("shown");
  const [title, setTitle] = useState(view.title);
  const save = useSaveView();
  const drop = useDeleteView();
  const forbidden = useForbidden("write");
  const rename = (event: FormEvent) => {
    event.preventDefault();
    if (!title.trim()) return;
    save.mutate({ ...view, title: title.trim() }, { onSuccess: () => setState("shown") });
  };
  if (state === "renaming")
    return (
      <li>
        <form className="views-form" onSubmit={rename}>
          <input
            // biome-ignore lint/a11y/noAutofocus: renaming begins by typing
            autoFocus
            className="field"
            value={title}
            aria-label={t("Title of the view")}
            onChange={(event) => setTitle(event.target.value)}
          />
          <button type="submit" className="button" disabled={save.isPending}>
            {t("Rename")}
          </button>
        </form>
        {save.isError ? <Trouble error={save.error} /> : null}
      </li>
    );
  return (
    <li className="views-line">
      <button
        type="button"
        className={present ? "menu-item is-chosen" : "menu-item"}
        title={tooltip}
        onClick={() => {
          openView(view);
          close();
        }}
      >
        <span className="menu-label">{view.title}</span>
        {hint ? <span className="menu-hint">{hint}</span> : null}
      </button>
      {state === "leaving" ? (
        <button type="button" className="quiet-button is-grave" onClick={() => drop.mutate(view.id)}>
          {drop.isError ? t("Not deleted. Again?") : t("Delete?")}
        </button>
      ) : (
        <span className="views-tools">
          <button
            type="button"
            className="icon-button"
            disabled={forbidden !== null}
            title={forbidden ?? t("Rename")}
            aria-label={t("Rename {title}", { title: view.title })}
            onClick={() => setState("renaming")}
          >
            <Icon name="pencil" size={13} />
          </button>
          <button
            type="button"
            className="icon-button"
            disabled={forbidden !== null}
            title={forbidden ?? t("Delete")}
            aria-label={t("Delete {title}", { title: view.title })}
            onClick={() => setState("leaving")}
          >
            <Icon name="trash" size={13} />
          </button>
        </span>
      )}
    </li>
  );
}
