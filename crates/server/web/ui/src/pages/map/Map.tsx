// Who works with whom, over all traces of the range: services, agents, tools and models, flat or in space, as it happens.
import "./map.css";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from "react";
import { get } from "../../api/client";
import { useLive } from "../../api/live";
import type { Graph } from "../../api/outline";
import { useStatus } from "../../api/queries";
import type { TraceSummary } from "../../api/types";
import { TeachToSend } from "../../components/FirstSteps";
import { Drawing } from "../../components/graph/Drawing";
import { GraphTable } from "../../components/graph/GraphTable";
import { MOST_NODES } from "../../components/graph/layout";
import { PageHead, TopBar } from "../../components/PageTop";
import { PanelSplit } from "../../components/PanelSplit";
import { Segments } from "../../components/Segments";
import { Failure, Loading, NothingMatches } from "../../components/States";
import { count } from "../../lib/format";
import { t } from "../../lib/i18n";
import { rangeLabel, resolveRange } from "../../lib/time";
import { type Scope, useScope } from "../../state/filters";
import { useFollowing } from "../../state/follow";
import { useNarrow } from "../../state/screen";
import { setParams, usePlace } from "../../state/url";
import { NodePanel } from "./NodePanel";
import { MANY_NODES, reduced } from "./reduced";

const Space = lazy(() => import("./Space"));

const FOLLOW_MS = 5_000;
const STIR_MS = 400;

type Overview = Graph & { traces_read: number };

function useMap(scope: Scope, refetchMs: number | false) {
  return useQuery({
    queryKey: ["map", scope],
    refetchInterval: refetchMs,
    queryFn: ({ signal }) =>
      get<Overview>("/map", { ...resolveRange(scope.range), ...scope.filters }, signal),
  });
}

const idsOf = (trace: TraceSummary): string[] => [
  ...(trace.service ? [`service:${trace.service}`] : []),
  ...trace.agents.map((name) => `agent:${name}`),
  ...trace.models.map((name) => `model:${name}`),
];

/** Nodes of the traces that have just come. */
function useStirred(): ReadonlySet<string> {
  const [stirred, setStirred] = useState<ReadonlySet<string>>(new Set());
  const waiting = useRef(new Set<string>());
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useLive((frame) => {
    if (frame.type !== "trace") return;
    for (const id of idsOf(frame.trace)) waiting.current.add(id);
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      setStirred(waiting.current);
      waiting.current = new Set();
    }, STIR_MS);
  });
  useEffect(() => () => clearTimeout(timer.current), []);
  return stirred;
}

/** Names on nodes cannot be read below it. */
const LEAST_SCALE = 0.8;

const VIEWS = ["flat", "3d", "table"] as const;
type View = (typeof VIEWS)[number];

export function MapPage() {
  const { params } = usePlace();
  const scope = useScope();
  const following = useFollowing();
  const query = useMap(scope, following ? FOLLOW_MS : false);
  const status = useStatus();
  const narrow = useNarrow();
  const stirred = useStirred();
  const view: View = VIEWS.find((known) => known === params.get("view")) ?? (narrow ? "table" : "flat");
  const picked = params.get("node");
  const graph = query.data;
  const node = useMemo(() => graph?.nodes.find(({ id }) => id === picked) ?? null, [graph, picked]);
  const focus = graph?.nodes.some(({ id }) => id === params.get("focus")) ? params.get("focus") : null;
  const large = (graph?.nodes.length ?? 0) > MANY_NODES;
  const services = params.has("services") ? params.get("services") === "1" : !large;
  const rare = params.has("rare") ? params.get("rare") === "1" : !large;
  const drawn = useMemo(
    () => graph && reduced(graph, { focus, services, rare }),
    [graph, focus, services, rare],
  );
  const pick = (id: string | null) => setParams({ node: id === picked ? null : id }, { replace: true });

  const drawing = (shown: Overview) => {
    if (view === "3d")
      return (
        <Suspense fallback={<Loading what={t("Loading the 3D view")} />}>
          <Space graph={shown} picked={picked} onPick={pick} stirred={stirred} />
        </Suspense>
      );
    if (view === "table" || shown.nodes.length > MOST_NODES)
      return <GraphTable graph={shown} onPick={pick} />;
    return (
      <div className="graph">
        {large || focus !== null ? (
          <MapTools focus={focus} services={services} rare={rare} hidden={drawn?.hiddenNodes ?? 0} />
        ) : null}
        <Drawing
          graph={drawn?.graph ?? shown}
          least={LEAST_SCALE}
          label={t("Map of services, agents, tools and models")}
          hint={t("Click a node for details. Drag to move, scroll to zoom.")}
          act={t("Show details")}
          stirred={stirred}
          onPick={pick}
        />
      </div>
    );
  };
  const body = () => {
    if (query.isError && !graph) return <Failure error={query.error} retry={() => void query.refetch()} />;
    if (!graph) return <Loading what={t("Drawing the map")} />;
    if (graph.nodes.length > 0) return drawing(graph);
    if (status.data?.store.spans === 0) return <TeachToSend what={t("agents")} />;
    return <NothingMatches what={t("agents, tools or models")} />;
  };
  return (
    <>
      <TopBar />
      <PageHead title={t("Map")}>
        {graph ? (
          <span>
            {t("{count} nodes", { count: graph.nodes.length })} ·{" "}
            {graph.complete === false
              ? t("the newest {n} traces", { n: count(graph.traces_read) })
              : t("{count} traces", { count: graph.traces_read })}{" "}
            · {rangeLabel(scope.range)}
          </span>
        ) : null}
        <Segments
          label={t("View")}
          options={[
            { id: "flat", label: t("2D") },
            { id: "3d", label: t("3D") },
            { id: "table", label: t("Table") },
          ]}
          value={view}
          onPick={(id) =>
            setParams({ view: id === (narrow ? "table" : "flat") ? null : id }, { replace: true })
          }
        />
      </PageHead>
      <div className="page-body map-body">
        <PanelSplit
          covers={narrow}
          panel={
            node && graph ? (
              <NodePanel
                focused={focus === node.id}
                node={node}
                graph={graph}
                onPick={pick}
                close={() => pick(null)}
              />
            ) : null
          }
        >
          {body()}
        </PanelSplit>
      </div>
    </>
  );
}

interface ToolsProps {
  focus: string | null;
  services: boolean;
  rare: boolean;
  hidden: number;
}

/** What of a large map is drawn. */
function MapTools({ focus, services, rare, hidden }: ToolsProps) {
  const set = (name: string, on: boolean) => setParams({ [name]: on ? "1" : "0" }, { replace: true });
  return (
    <div className="map-tools">
      {focus === null ? (
        <>
          <label>
            <input type="checkbox" checked={services} onChange={() => set("services", !services)} />
            <span>{t("Services")}</span>
          </label>
          <label>
            <input type="checkbox" checked={rare} onChange={() => set("rare", !rare)} />
            <span>{t("Rare edges")}</span>
          </label>
          {hidden > 0 ? (
            <span className="faint">{t("{n} nodes hidden", { n: count(hidden), count: hidden })}</span>
          ) : null}
        </>
      ) : (
        <button
          type="button"
          className="button"
          onClick={() => setParams({ focus: null }, { replace: true })}
        >
          {t("Show all nodes")}
        </button>
      )}
    </div>
  );
}
