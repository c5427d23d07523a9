// How a trace reads in a row: the same columns in the list of traces and in a session.
import type { TraceSummary } from "../api/types";
import { compact, count, seconds } from "../lib/format";
import { fullTime, listTime } from "../lib/time";
import type { Column } from "./Grid";
import { Money, reasonText } from "./Money";
import { StatusText } from "./StatusText";

function Zeroed({ value, failing = false }: { value: number; failing?: boolean }) {
  if (value === 0) return <span className="nil">0</span>;
  return <span className={failing ? "failing" : undefined}>{count(value)}</span>;
}

export function TraceCost({ trace }: { trace: TraceSummary }) {
  return (
    <Money
      value={trace.cost_usd}
      billable={trace.llm_calls > 0}
      reason={reasonText(trace.cost_reason)}
      unpriced={trace.unpriced_calls ?? 0}
    />
  );
}

function tokensTitle({ tokens }: TraceSummary): string {
  return [
    `${count(tokens.input)} in, of which ${count(tokens.cache_read)} cached`,
    `${count(tokens.output)} out, of which ${count(tokens.reasoning)} reasoning`,
  ].join("\n");
}

export const traceColumns: readonly Column<TraceSummary>[] = [
  {
    id: "started",
    head: "Started",
    width: "118px",
    sort: "started_at",
    cell: (trace) => (
      <time className="figure muted" dateTime={trace.started_at} title={fullTime(trace.started_at)}>
        {listTime(trace.started_at)}
      </time>
    ),
  },
  {
    id: "name",
    head: "Name",
    width: "minmax(140px, 2fr)",
    cell: (trace) => <span className="row-name">{trace.name}</span>,
  },
  {
    id: "service",
    head: "Service",
    width: "minmax(90px, 1fr)",
    drop: 3,
    cell: (trace) => <span className="muted">{trace.service ?? <span className="nil">unknown</span>}</span>,
  },
  {
    id: "framework",
    head: "Framework",
    width: "112px",
    drop: 5,
    cell: (trace) => <span className="muted">{trace.framework ?? <span className="nil">unknown</span>}</span>,
  },
  { id: "status", head: "Status", width: "68px", cell: (trace) => <StatusText status={trace.status} /> },
  {
    id: "duration",
    head: "Duration",
    width: "80px",
    end: true,
    sort: "duration",
    cell: (trace) => <span className="figure">{seconds(trace.duration_ms)}</span>,
  },
  {
    id: "llm",
    head: "LLM",
    title: "LLM calls: requests to a model, counted once",
    width: "56px",
    end: true,
    drop: 2,
    cell: (trace) => (
      <span className="figure">
        <Zeroed value={trace.llm_calls} />
      </span>
    ),
  },
  {
    id: "tools",
    head: "Tools",
    title: "Tool calls",
    width: "56px",
    end: true,
    drop: 4,
    cell: (trace) => (
      <span className="figure">
        <Zeroed value={trace.tool_calls} />
      </span>
    ),
  },
  {
    id: "errors",
    head: "Errors",
    title: "Spans that failed",
    width: "58px",
    end: true,
    cell: (trace) => (
      <span className="figure">
        <Zeroed value={trace.errors} failing />
      </span>
    ),
  },
  {
    id: "tokens",
    head: "Tokens",
    width: "80px",
    end: true,
    sort: "tokens",
    cell: (trace) => (
      <span className={trace.tokens.total === 0 ? "figure nil" : "figure"} title={tokensTitle(trace)}>
        {compact(trace.tokens.total)}
      </span>
    ),
  },
  {
    id: "cost",
    head: "Cost",
    title: "In US dollars, for the calls that have a price",
    width: "96px",
    end: true,
    sort: "cost",
    cell: (trace) => (
      <span className="figure">
        <TraceCost trace={trace} />
      </span>
    ),
  },
];

/** Two lines for a narrow screen. */
export function compactTrace(trace: TraceSummary) {
  return (
    <>
      <span className="compact-line">
        <span className="row-name">{trace.name}</span>
        <span className="figure">
          <TraceCost trace={trace} />
        </span>
      </span>
      <span className="compact-line muted">
        <span>
          <StatusText status={trace.status} /> · <span className="figure">{listTime(trace.started_at)}</span>
        </span>
        <span className="figure">
          {seconds(trace.duration_ms)} · {compact(trace.tokens.total)} tok
        </span>
      </span>
    </>
  );
}
