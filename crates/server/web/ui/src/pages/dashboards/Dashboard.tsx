// One dashboard: looked at, or edited. Edits are kept here until they are saved, and leave nothing behind when they are not.
import { lazy, Suspense, useEffect, useMemo } from "react";
import { type DashboardPanel, useDashboard } from "../../api/dashboards";
import { PageHead, TopBar } from "../../components/PageTop";
import { PanelSplit } from "../../components/PanelSplit";
import { Failure, Loading, Trouble } from "../../components/States";
import { t } from "../../lib/i18n";
import { rangeLabel } from "../../lib/time";
import { useScope } from "../../state/filters";
import { useFollowing } from "../../state/follow";
import { useKeys } from "../../state/keys";
import { useNarrow } from "../../state/screen";
import { setParams, setRange, usePlace } from "../../state/url";
import "./dashboards.css";
import { leftDraft } from "./drafts";
import { Editor } from "./Editor";
import { NEW, type OpenProps, useEditing } from "./editing";
import { chosenVariables, EMPTY, idOf, newPanel } from "./model";
import type { Editing } from "./PanelCard";
import { bottomOf, moved, settle } from "./place";
import { refusalsOf } from "./refusals";
import { Settings } from "./Settings";
import { StillGrid } from "./StillGrid";
import { EditTools, ViewTools } from "./Tools";
import { Variables } from "./Variables";

const EditGrid = lazy(() => import("./EditGrid"));

export function DashboardPage({ id }: { id: string }) {
  const making = id === NEW;
  const query = useDashboard(making ? null : id);
  if (making) return <Open key="new" id={null} saved={leftDraft() ?? EMPTY} builtIn={false} />;
  if (query.data) {
    return (
      <Open
        key={`${id} ${query.data.updated_at ?? ""}`}
        id={id}
        saved={query.data}
        builtIn={query.data.built_in}
      />
    );
  }
  return (
    <>
      <TopBar />
      <PageHead title={t("Dashboard")} />
      <div className="page-body">
        {query.isError ? (
          <Failure error={query.error} retry={() => void query.refetch()} />
        ) : (
          <Loading what={t("Reading the dashboard")} />
        )}
      </div>
    </>
  );
}

function Open(props: OpenProps) {
  const { id, saved, builtIn } = props;
  const { params } = usePlace();
  const scope = useScope();
  const narrow = useNarrow();
  const refetch = useFollowing() ? 5_000 : 30_000;
  const editing = useEditing(props);
  const { edit, draft, setDraft, side, setSide } = editing;
  const body = edit ? draft : saved;
  const chosen = useMemo(() => chosenVariables(body.variables, params), [body.variables, params]);
  const refusals = refusalsOf(editing.save.error, draft.panels);

  // A dashboard may open with a range of its own, where the address does not name one.
  const opensWith = saved.range ?? null;
  useEffect(() => {
    const here = new URLSearchParams(window.location.search);
    if (!opensWith || here.has("range") || here.has("since") || here.has("until")) return;
    setRange({ preset: opensWith, since: null, until: null });
  }, [opensWith]);

  const setPanels = (panels: DashboardPanel[]) => setDraft({ ...draft, panels });
  const add = () => {
    const panel = newPanel(draft.panels, bottomOf(draft.panels));
    setPanels([...draft.panels, panel]);
    setSide(panel.id);
  };
  const editingOf = (panel: DashboardPanel): Editing => ({
    chosen: side === panel.id,
    edit: () => setSide(side === panel.id ? null : panel.id),
    duplicate: () => {
      const ids = draft.panels.map((one) => one.id);
      const copy = { ...panel, id: idOf(panel.id, ids), y: bottomOf(draft.panels) };
      setPanels(settle([...draft.panels, copy]));
    },
    remove: () => {
      setPanels(settle(draft.panels.filter((one) => one.id !== panel.id)));
      if (side === panel.id) setSide(null);
    },
    move: (by) => setPanels(moved(draft.panels, panel.id, by)),
  });
  useKeys({
    Escape: (event) => {
      if (!side) return;
      event.preventDefault();
      setSide(null);
    },
    e: (event) => {
      if (edit || id === null) return;
      event.preventDefault();
      setParams({ edit: "1" });
    },
  });
  const shared = { scope, variables: chosen, refetch };
  const open = edit ? draft.panels.find((panel) => panel.id === side) : undefined;
  const panel = open ? (
    <Editor
      key={open.id}
      panel={open}
      variables={draft.variables}
      chosen={chosen}
      scope={scope}
      refused={refusals.panels[open.id] ?? {}}
      change={(next) => setPanels(draft.panels.map((one) => (one.id === next.id ? next : one)))}
      move={(by) => setPanels(moved(draft.panels, open.id, by))}
      close={() => setSide(null)}
    />
  ) : edit && side === "settings" ? (
    <Settings body={draft} refused={refusals.of} change={setDraft} close={() => setSide(null)} />
  ) : null;
  return (
    <>
      <TopBar />
      <PageHead
        title={body.title || t("New dashboard")}
        tools={
          edit ? (
            <EditTools {...props} editing={editing} add={add} />
          ) : (
            <ViewTools id={id ?? ""} body={saved} builtIn={builtIn} />
          )
        }
      >
        <span>{rangeLabel(scope.range)}</span>
      </PageHead>
      {body.description ? <p className="head-description muted">{body.description}</p> : null}
      <PanelSplit panel={panel} covers={narrow && panel !== null}>
        <div className="dashboard">
          <Variables variables={body.variables} chosen={chosen} scope={scope} />
          {refusals.rest ? <Trouble error={refusals.rest} /> : null}
          {Object.keys(refusals.panels).map((name) => (
            <p key={name} className="form-error" role="alert">
              {t("The panel {title} was rejected.", {
                title: draft.panels.find((one) => one.id === name)?.title ?? name,
              })}{" "}
              <button type="button" className="quiet-button" onClick={() => setSide(name)}>
                {t("Show why")}
              </button>
            </p>
          ))}
          {body.panels.length === 0 ? (
            <NoPanels edit={edit} add={add} />
          ) : edit && !narrow ? (
            <Suspense fallback={<StillGrid panels={body.panels} {...shared} editing={editingOf} />}>
              <EditGrid panels={body.panels} {...shared} editing={editingOf} onPlaced={setPanels} />
            </Suspense>
          ) : (
            <StillGrid panels={body.panels} {...shared} {...(edit ? { editing: editingOf } : {})} />
          )}
        </div>
      </PanelSplit>
    </>
  );
}

function NoPanels({ edit, add }: { edit: boolean; add: () => void }) {
  return (
    <div className="state">
      <h2>{t("No panels yet")}</h2>
      <p className="state-text">
        {t("Choose a source, a measure and a grouping. The preview updates as you go.")}
      </p>
      <div className="state-actions">
        {edit ? (
          <button type="button" className="button is-main" onClick={add}>
            {t("Add a panel")}
          </button>
        ) : (
          <button type="button" className="button is-main" onClick={() => setParams({ edit: "1" })}>
            {t("Edit")}
          </button>
        )}
      </div>
    </div>
  );
}
