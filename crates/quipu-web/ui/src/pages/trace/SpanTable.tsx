import { useMemo, useState } from "react";
import type { Span } from "../../api/types";
import { type Column, Grid } from "../../components/Grid";
import { KindTag } from "../../components/KindTag";
import { hasCost, NoUsage, reportsNothing, SpanMoney } from "../../components/Money";
import { StatusText } from "../../components/StatusText";
import { compareUsd, count } from "../../lib/format";
import { type Node, selfMs } from "../../lib/tree";

function Name({ node }: { node: Node }) {
  return (
    <>
      {node.span.status === "error" ? <span className="failing cross">✕ </span> : null}
      {node.span.name}
    </>
  );
}

function Cost({ span, places }: { span: Span; places: number }) {
  return hasCost(span) ? <SpanMoney span={span} places={places} /> : null;
}

interface Figures {
  /** Decimal places of every cost. */
  places: number;
  /** How every duration reads. */
  durations: (ms: number | null) => string;
}

const compactSpan =
  ({ places, durations }: Figures) =>
  (node: Node) => {
    const { span } = node;
    return (
      <>
        <span className="compact-line">
          <span className="row-name">
            <Name node={node} />
          </span>
          <span className="figure">{durations(span.duration_ms)}</span>
        </span>
        <span className="compact-line muted">
          <span>
            <KindTag kind={span.kind} /> <span className="figure">+{durations(node.start)}</span>
          </span>
          <span className="figure">
            {span.counted && span.tokens ? `${count(span.tokens.total)} tok · ` : ""}
            <Cost span={span} places={places} />
          </span>
        </span>
      </>
    );
  };

const columnsFor = ({ places, durations }: Figures): readonly Column<Node>[] => [
  {
    id: "at",
    drop: 3,
    head: "At",
    width: "84px",
    end: true,
    sort: "at",
    cell: (node) => <span className="figure muted">+{durations(node.start)}</span>,
  },
  {
    id: "kind",
    head: "Kind",
    width: "76px",
    sort: "kind",
    cell: (node) => <KindTag kind={node.span.kind} />,
  },
  {
    id: "name",
    head: "Name",
    width: "minmax(140px, 2fr)",
    sort: "name",
    cell: (node) => (
      <span className="row-name">
        <Name node={node} />
      </span>
    ),
  },
  {
    id: "agent",
    head: "Agent",
    width: "minmax(70px, 1fr)",
    drop: 6,
    cell: (node) => <span className="muted">{node.span.agent ?? ""}</span>,
  },
  {
    id: "status",
    head: "Status",
    width: "68px",
    drop: 5,
    cell: (node) => <StatusText status={node.span.status} />,
  },
  {
    id: "self",
    head: "Self",
    title: "Time in which no child ran",
    width: "76px",
    end: true,
    sort: "self",
    drop: 4,
    cell: (node) => <span className="figure muted">{durations(selfMs(node))}</span>,
  },
  {
    id: "duration",
    head: "Duration",
    width: "80px",
    end: true,
    sort: "duration",
    cell: (node) => <span className="figure">{durations(node.span.duration_ms)}</span>,
  },
  {
    id: "tokens",
    drop: 2,
    head: "Tokens",
    width: "76px",
    end: true,
    sort: "tokens",
    cell: ({ span }) => {
      if (reportsNothing(span)) return <NoUsage />;
      if (!span.tokens || span.tokens.total === 0) return null;
      if (span.counted) return <span className="figure">{count(span.tokens.total)}</span>;
      return (
        <span
          className="figure tokens-hollow"
          title={`Not counted: ${span.counted_reason ?? "repeats other usage"}`}
        >
          ({count(span.tokens.total)})
        </span>
      );
    },
  },
  {
    id: "cost",
    head: "Cost",
    width: "86px",
    end: true,
    sort: "cost",
    cell: ({ span }) => (
      <span className="figure">
        <Cost span={span} places={places} />
      </span>
    ),
  },
];

const ORDERS: Record<string, (a: Node, b: Node) => number> = {
  at: (a, b) => a.start - b.start,
  kind: (a, b) => (a.span.kind < b.span.kind ? -1 : a.span.kind > b.span.kind ? 1 : 0),
  name: (a, b) => (a.span.name < b.span.name ? -1 : a.span.name > b.span.name ? 1 : 0),
  self: (a, b) => selfMs(a) - selfMs(b),
  duration: (a, b) => (a.span.duration_ms ?? 0) - (b.span.duration_ms ?? 0),
  tokens: (a, b) => (a.span.tokens?.total ?? 0) - (b.span.tokens?.total ?? 0),
  cost: (a, b) => compareUsd(a.span.cost_usd, b.span.cost_usd),
};

interface Props extends Figures {
  nodes: readonly Node[];
  picked: string | null;
  onPick: (spanId: string) => void;
  onEnd: () => void;
}

export function SpanTable({ nodes, picked, places, durations, onPick, onEnd }: Props) {
  const [sort, setSort] = useState("at");
  const rows = useMemo(() => {
    const order = ORDERS[sort.replace("-", "")] ?? ORDERS.at;
    const up = order ? [...nodes].sort(order) : [...nodes];
    return sort.startsWith("-") ? up.reverse() : up;
  }, [nodes, sort]);
  const columns = useMemo(() => columnsFor({ places, durations }), [places, durations]);
  return (
    <Grid
      label="Spans"
      rows={rows}
      columns={columns}
      rowKey={(node) => node.span.span_id}
      onPick={(node) => onPick(node.span.span_id)}
      picked={picked}
      compact={compactSpan({ places, durations })}
      sort={sort}
      onSort={setSort}
      onEnd={onEnd}
    />
  );
}
