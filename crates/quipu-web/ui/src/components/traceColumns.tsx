// How a trace reads in a row: the same columns in the list of traces and in a session.
import type { TraceSummary } from "../api/types";
import { count, duration, headlinePlaces, seconds, usdColumnPlaces } from "../lib/format";
import { fullTime, listTime } from "../lib/time";
import type { Column } from "./Grid";
import { ListPrice, Money, NO_USAGE, NoUsage, reasonText } from "./Money";
import { StatusText } from "./StatusText";

function Zeroed({ value, failing = false }: { value: number; failing?: boolean }) {
  if (value === 0) return <span className="nil">0</span>;
  return <span className={failing ? "failing" : undefined}>{count(value)}</span>;
}

/** Without `places` as a single figure, with the digits that matter. */
export function TraceCost({ trace, places }: { trace: TraceSummary; places?: number }) {
  if (trace.cost_usd === null && trace.subscription_usd)
    return <ListPrice value={trace.subscription_usd} {...(places === undefined ? {} : { places })} />;
  return (
    <Money
      value={trace.cost_usd}
      places={places ?? headlinePlaces(trace.cost_usd ?? "0")}
      used={trace.cost_reason !== NO_USAGE}
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

function TraceTokens({ trace }: { trace: TraceSummary }) {
  if (trace.cost_reason === NO_USAGE && trace.tokens.total === 0) return <NoUsage />;
  return (
    <span className={trace.tokens.total === 0 ? "nil" : undefined} title={tokensTitle(trace)}>
      {count(trace.tokens.total)}
    </span>
  );
}

/** The places of the cost column that suit these traces. */
export function costPlaces(traces: readonly TraceSummary[]): number {
  return usdColumnPlaces(traces.map((trace) => trace.cost_usd));
}

export const traceColumns = (places: number): readonly Column<TraceSummary>[] => [
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
    cell: (trace) => (
      <span className="figure" title={duration(trace.duration_ms)}>
        {seconds(trace.duration_ms)}
      </span>
    ),
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
      <span className="figure">
        <TraceTokens trace={trace} />
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
        <TraceCost trace={trace} places={places} />
      </span>
    ),
  },
];

/** Two lines for a narrow screen. */
export const compactTrace = (places: number) => (trace: TraceSummary) => {
  return (
    <>
      <span className="compact-line">
        <span className="row-name">{trace.name}</span>
        <span className="figure">
          <TraceCost trace={trace} places={places} />
        </span>
      </span>
      <span className="compact-line muted">
        <span>
          <StatusText status={trace.status} /> · <span className="figure">{listTime(trace.started_at)}</span>
        </span>
        <span className="figure">
          {seconds(trace.duration_ms)}
          {trace.cost_reason === NO_USAGE ? "" : ` · ${count(trace.tokens.total)} tok`}
        </span>
      </span>
    </>
  );
};
