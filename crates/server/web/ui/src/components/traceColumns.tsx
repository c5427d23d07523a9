// How a trace reads in a row: the same columns in the list of traces and in a session.
import type { TraceSummary } from "../api/types";
import { columnCount, count, duration, headlinePlaces, seconds, usdColumnPlaces } from "../lib/format";
import { t } from "../lib/i18n";
import { shortName } from "../lib/names";
import { fullTime, listTime } from "../lib/time";
import { Asked } from "./Asked";
import type { Column } from "./Grid";
import { ListPrice, Money, NO_USAGE, NoUsage, reasonText } from "./Money";
import { TraceStatus } from "./StatusText";

function Unknown() {
  return <span className="faint">{t("unknown")}</span>;
}

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
    t("{n} in ({cached} cached)", { n: count(tokens.input), cached: count(tokens.cache_read) }),
    t("{n} out ({reasoning} reasoning)", {
      n: count(tokens.output),
      reasoning: count(tokens.reasoning),
    }),
  ].join("\n");
}

function TraceTokens({ trace }: { trace: TraceSummary }) {
  if (trace.cost_reason === NO_USAGE && trace.tokens.total === 0) return <NoUsage />;
  return (
    <span className={trace.tokens.total === 0 ? "nil" : undefined} title={tokensTitle(trace)}>
      {columnCount(trace.tokens.total)}
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
    head: t("Started"),
    width: "104px",
    sort: "started_at",
    cell: (trace) => (
      <time className="figure muted" dateTime={trace.started_at} title={fullTime(trace.started_at)}>
        {listTime(trace.started_at)}
      </time>
    ),
  },
  {
    id: "name",
    link: true,
    head: t("Name"),
    width: "minmax(128px, 2fr)",
    cell: (trace) => (
      <span className="row-name" title={trace.name}>
        {shortName(trace.name)}
      </span>
    ),
  },
  {
    id: "service",
    head: t("Service"),
    width: "minmax(90px, 1fr)",
    drop: 4,
    cell: (trace) => <span className="muted">{trace.service ?? <Unknown />}</span>,
  },
  {
    id: "framework",
    head: t("Framework"),
    width: "112px",
    drop: 5,
    cell: (trace) => <span className="muted">{trace.framework ?? <Unknown />}</span>,
  },
  { id: "status", head: t("Status"), width: "64px", cell: (trace) => <TraceStatus trace={trace} /> },
  {
    id: "duration",
    head: t("Duration"),
    width: "72px",
    end: true,
    drop: 0.3,
    sort: "duration",
    cell: (trace) => (
      <span className="figure" title={duration(trace.duration_ms)}>
        {seconds(trace.duration_ms)}
      </span>
    ),
  },
  {
    id: "llm",
    sort: "llm_calls",
    head: t("LLM"),
    title: t("LLM calls: requests to a model, counted once"),
    width: "40px",
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
    sort: "tool_calls",
    head: t("Tools"),
    title: t("Tool calls"),
    width: "44px",
    end: true,
    drop: 3,
    cell: (trace) => (
      <span className="figure">
        <Zeroed value={trace.tool_calls} />
      </span>
    ),
  },
  {
    id: "errors",
    sort: "errors",
    head: t("Errors"),
    title: t("Spans that failed"),
    width: "48px",
    end: true,
    drop: 1.5,
    cell: (trace) => (
      <span className="figure">
        <Zeroed value={trace.errors} failing />
      </span>
    ),
  },
  {
    id: "tokens",
    head: t("Tokens"),
    width: "72px",
    end: true,
    drop: 0.9,
    sort: "tokens",
    cell: (trace) => (
      <span className="figure">
        <TraceTokens trace={trace} />
      </span>
    ),
  },
  {
    id: "cost",
    head: t("Cost"),
    title: t("In US dollars, for the calls that have a price"),
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

const text = (
  id: string,
  head: string,
  width: string,
  drop: number,
  of: (trace: TraceSummary) => string | null | undefined,
): Column<TraceSummary> => ({
  id,
  head,
  width,
  drop,
  cell: (trace) => {
    const shown = of(trace);
    return shown ? (
      <span className="muted" title={shown}>
        {shown}
      </span>
    ) : (
      <span className="nil">–</span>
    );
  },
});

const said = (part: "asked" | "answered", head: string, drop: number): Column<TraceSummary> => ({
  id: part,
  head,
  width: "minmax(176px, 5fr)",
  drop,
  cell: (trace) => <Asked subject="trace" id={trace.trace_id} part={part} />,
});

/** All columns that the list of traces can show; those of `traceColumns` first. */
export const allTraceColumns = (places: number): readonly Column<TraceSummary>[] => [
  ...traceColumns(places),
  text("agents", t("Agents"), "minmax(110px, 1fr)", 12, (trace) => trace.agents.join(", ")),
  text("models", t("Models"), "minmax(130px, 1fr)", 11, (trace) => trace.models.join(", ")),
  text("session", t("Session"), "minmax(90px, 1fr)", 13, (trace) => trace.session_id),
  text("user", t("User"), "minmax(80px, 1fr)", 10, (trace) => trace.user_id),
  text("tags", t("Tags"), "minmax(90px, 1fr)", 14, (trace) => trace.tags?.join(", ")),
  text("project", t("Project"), "minmax(90px, 1fr)", 9, (trace) => trace.project),
  text("branch", t("Branch"), "minmax(90px, 1fr)", 8, (trace) => trace.branch),
  text("commit", t("Commit"), "90px", 15, (trace) => trace.commit?.slice(0, 10)),
  text("convention", t("Convention"), "minmax(90px, 1fr)", 16, (trace) => trace.convention),
  said("asked", t("Input"), 1),
  said("answered", t("Output"), 6),
  {
    id: "spans",
    head: t("Spans"),
    width: "60px",
    end: true,
    drop: 7,
    cell: (trace) => <span className="figure">{count(trace.spans)}</span>,
  },
  {
    id: "id",
    head: t("Trace id"),
    width: "140px",
    drop: 17,
    cell: (trace) => (
      <span className="figure muted" title={trace.trace_id}>
        {trace.trace_id.slice(0, 16)}
      </span>
    ),
  },
];

/** Two lines for a narrow screen. */
export const compactTrace = (places: number) => (trace: TraceSummary) => {
  return (
    <>
      <span className="compact-line">
        <span className="row-name">{shortName(trace.name)}</span>
        <span className="figure">
          <TraceCost trace={trace} places={places} />
        </span>
      </span>
      <span className="compact-line muted">
        <span>
          <TraceStatus trace={trace} /> · <span className="figure">{listTime(trace.started_at)}</span>
        </span>
        <span className="figure">
          {seconds(trace.duration_ms)}
          {trace.cost_reason === NO_USAGE
            ? ""
            : ` · ${t("{n} tokens", { count: trace.tokens.total, n: count(trace.tokens.total) })}`}
        </span>
      </span>
    </>
  );
};
