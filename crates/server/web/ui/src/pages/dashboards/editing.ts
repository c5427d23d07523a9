// A dashboard while it is edited: its draft, what is open beside it, and how saving goes.
import { useEffect, useState } from "react";
import { type DashboardBody, useSaveDashboard } from "../../api/dashboards";
import { href, navigate, setParams, usePlace } from "../../state/url";
import { dropChange, dropDraft, leftChange } from "./drafts";

/** The address of a dashboard that is not stored yet. */
export const NEW = "new";

export interface OpenProps {
  id: string | null;
  saved: DashboardBody;
  builtIn: boolean;
}

/** The state of editing: the draft, what is open beside it, and how saving went. */
export function useEditing({ id, saved }: OpenProps) {
  const { params } = usePlace();
  const edit = id === null || params.get("edit") === "1";
  const [draft, setDraft] = useState<DashboardBody>(() => leftChange(id) ?? saved);
  const [side, setSide] = useState<string | null>(null);
  const save = useSaveDashboard();
  const changed = edit && (id === null || JSON.stringify(draft) !== JSON.stringify(saved));
  // The change lives in the draft from here on.
  useEffect(() => {
    if (edit) dropChange();
  }, [edit]);
  useEffect(() => {
    if (!changed) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [changed]);
  const stop = () => {
    setDraft(saved);
    setSide(null);
    save.reset();
    dropDraft();
    if (id === null) navigate(href("/dashboards"));
    else setParams({ edit: null }, { replace: true });
  };
  return { edit, draft, setDraft, side, setSide, save, changed, stop };
}

export type EditingState = ReturnType<typeof useEditing>;
