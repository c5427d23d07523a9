// A graph of who called whom: nodes in layers, edges with counts, all of it to move, zoom and walk through by keys.
import "./graph.css";
import { useMemo, useRef, useState } from "react";
import type { Graph, GraphEdge, GraphNode } from "../../api/outline";
import { count, duration, usdPlaces } from "../../lib/format";
import { t } from "../../lib/i18n";
import { shortName } from "../../lib/names";
import { useWidth } from "../../state/screen";
import { Icon } from "../Icon";
import { factsOf, hueOfNode } from "./facts";
import { NODE_HEIGHT, NODE_WIDTH, place } from "./layout";
import { useLook } from "./look";

type Shown = { node: GraphNode } | { edge: GraphEdge };

interface Props {
  graph: Graph;
  label: string;
  /** What a click does, said while nothing is looked at. */
  hint: string;
  /** What a click on a node does, for those who hear it. */
  act: string;
  onPick: (node: string) => void;
  /** The scale below which it does not begin: what does not fit then is a drag away. */
  least?: number;
  /** Nodes that are at work, or have not begun, at a time that is played. */
  states?: ReadonlyMap<string, NodeState> | null;
  /** Nodes at which something has just happened. */
  stirred?: ReadonlySet<string>;
}

export type NodeState = "active" | "later";

export function Drawing({ graph, label, hint, act, onPick, states = null, stirred, least = 0 }: Props) {
  const svg = useRef<SVGSVGElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const slim = width > 0 && width < 560;
  const placed = useMemo(() => place(graph, slim), [graph, slim]);
  const { look, pan, keys, zoomBy, whole } = useLook(placed, svg, width, least);
  const [shown, setShown] = useState<Shown | null>(null);
  const near = shown ? neighbours(graph, shown) : null;
  const places = usdPlaces(graph.nodes.map((node) => node.cost_usd));
  const names = useMemo(() => new Map(graph.nodes.map((node) => [node.id, node.name])), [graph]);
  const leave = () => setShown(null);
  return (
    <div className="graph-box" ref={box} onKeyDown={keys}>
      <svg ref={svg} className="graph-drawing" role="group" aria-label={label} {...pan}>
        <defs>
          <marker
            id="graph-arrow"
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="9"
            markerHeight="9"
            markerUnits="userSpaceOnUse"
            orient="auto"
          >
            <path d="M0 0.500 8 4 0 7.500Z" className="graph-head" />
          </marker>
        </defs>
        <g transform={`translate(${look.x} ${look.y}) scale(${look.scale})`}>
          {placed.edges.map(({ edge, path, x, y, thick }) => {
            const away = near !== null && !near.has(`${edge.from}>${edge.to}`);
            const later = states?.get(edge.from) === "later" || states?.get(edge.to) === "later";
            return (
              // biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: it is read out and shown on focus, not pressed
              <g
                key={`${edge.from}>${edge.to}`}
                className={`graph-edge ${away ? "is-away" : ""} ${later ? "is-later" : ""} ${edge.errors > 0 ? "is-failed" : ""}`}
                tabIndex={0}
                role="img"
                aria-label={t("{from} to {to}: {facts}", {
                  from: names.get(edge.from) ?? edge.from,
                  to: names.get(edge.to) ?? edge.to,
                  facts: factsOf(edge, places).join(", "),
                })}
                onPointerEnter={() => setShown({ edge })}
                onPointerLeave={leave}
                onFocus={() => setShown({ edge })}
                onBlur={leave}
              >
                <path className="graph-reach" d={path} />
                <path className="graph-line" d={path} strokeWidth={thick} markerEnd="url(#graph-arrow)" />
                {placed.counts || (near !== null && !away) ? (
                  <g transform={`translate(${x} ${y})`}>
                    <rect className="graph-count-box" x={-17} y={-9} width={34} height={18} rx={9} />
                    <text className="graph-count" textAnchor="middle" y={4}>
                      ×{count(edge.calls + (edge.inferred ?? 0))}
                    </text>
                  </g>
                ) : null}
              </g>
            );
          })}
          {placed.nodes.map(({ node, x, y }) => {
            const state = states?.get(node.id) ?? "";
            const away = near !== null && !near.has(node.id);
            return (
              <g
                key={node.id}
                className={`graph-node hue-${hueOfNode(node.kind)} ${away ? "is-away" : ""} ${state ? `is-${state}` : ""} ${stirred?.has(node.id) ? "is-stirred" : ""}`}
                transform={`translate(${x - NODE_WIDTH / 2} ${y - NODE_HEIGHT / 2})`}
                tabIndex={0}
                role="button"
                aria-label={`${nameOn(node)} ${noteOn(node)}${failedOn(node)}: ${node.name}, ${factsOf(node, places).join(", ")}. ${act}`}
                onPointerEnter={() => setShown({ node })}
                onPointerLeave={leave}
                onFocus={() => setShown({ node })}
                onBlur={leave}
                onClick={() => onPick(node.id)}
                onKeyDown={(event) => {
                  if (event.key !== "Enter" && event.key !== " ") return;
                  event.preventDefault();
                  onPick(node.id);
                }}
              >
                <rect className="graph-card" width={NODE_WIDTH} height={NODE_HEIGHT} rx={6} />
                <rect className="graph-strip" width={4} height={NODE_HEIGHT} rx={2} />
                <text className="graph-name" x={14} y={20}>
                  {`${nameOn(node)} `}
                </text>
                <text className="graph-note" x={14} y={37}>
                  {noteOn(node)}
                </text>
                {node.errors > 0 ? (
                  <text className="graph-failed" x={NODE_WIDTH - 10} y={20} textAnchor="end">
                    {failedOn(node)}
                  </text>
                ) : null}
              </g>
            );
          })}
        </g>
      </svg>
      <div className="graph-tools">
        <button
          type="button"
          className="icon-button"
          aria-label={t("Closer")}
          title={t("Closer (+)")}
          onClick={() => zoomBy(1.25)}
        >
          <Icon name="plus" />
        </button>
        <button
          type="button"
          className="icon-button"
          aria-label={t("Further")}
          title={t("Further (−)")}
          onClick={() => zoomBy(0.8)}
        >
          <Icon name="minus" />
        </button>
        <button type="button" className="quiet-button" title={t("All of it (0)")} onClick={whole}>
          {t("Fit")}
        </button>
      </div>
      <Card shown={shown} names={names} places={places} hint={hint} />
    </div>
  );
}

/** Letters of the second line of a card. */
const NOTE_LETTERS = 26;

const cut = (text: string, most: number) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

// What is written on a node, in words that are apart. Its name for those who hear it holds the same, so that one can also say
// them (WCAG 2.5.3).
const nameOn = (node: GraphNode) => cut(shortName(node.name), 23);
function noteOn(node: GraphNode): string {
  const facts = [
    node.calls > 0 || !node.inferred ? `×${count(node.calls)}` : "",
    node.inferred ? t("{n} inferred", { n: count(node.inferred) }) : "",
    node.duration_ms ? duration(node.duration_ms) : "",
  ].filter(Boolean);
  const line = [node.kind, ...facts].join(" · ");
  // What does not fit into the card is in the line below the drawing.
  return line.length <= NOTE_LETTERS ? line : [node.kind, ...facts.slice(0, 2)].join(" · ");
}
const failedOn = (node: GraphNode) => (node.errors > 0 ? ` ✕ ${count(node.errors)}` : "");

interface CardProps {
  shown: Shown | null;
  names: Map<string, string>;
  places: number;
  hint: string;
}

function Card({ shown, names, places, hint }: CardProps) {
  if (!shown) {
    return <p className="graph-card-box faint">{hint}</p>;
  }
  const of = "node" in shown ? shown.node : shown.edge;
  return (
    <div className="graph-card-box" role="status">
      <strong>
        {"node" in shown
          ? shown.node.name
          : `${names.get(shown.edge.from) ?? shown.edge.from} → ${names.get(shown.edge.to) ?? shown.edge.to}`}
      </strong>
      <span className="figure muted">{factsOf(of, places).join(" · ")}</span>
    </div>
  );
}

/** The nodes and edges that touch what is shown. */
function neighbours(graph: Graph, shown: Shown): Set<string> {
  const edges =
    "edge" in shown
      ? [shown.edge]
      : graph.edges.filter(({ from, to }) => from === shown.node.id || to === shown.node.id);
  const near = new Set<string>("node" in shown ? [shown.node.id] : []);
  for (const { from, to } of edges) near.add(from).add(to).add(`${from}>${to}`);
  return near;
}
