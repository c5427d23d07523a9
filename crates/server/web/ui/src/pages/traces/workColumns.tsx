// Columns of single LLM calls, tool runs and other spans.
import type { WorkRow } from "../../api/workRows";
import type { Column } from "../../components/Grid";
import { KindTag } from "../../components/KindTag";
import { Money, NO_USAGE, reasonText } from "../../components/Money";
import { StatusText } from "../../components/StatusText";
import { columnCount, count, duration, seconds } from "../../lib/format";
import { t } from "../../lib/i18n";
import { fullTime, listTime } from "../../lib/time";

/** The lists of single work. */
export type WorkList = "calls" | "tool-runs" | "spans";

const text = (value: string | null, tone = "muted") =>
  value ? (
    <span className={tone} title={value}>
      {value}
    </span>
  ) : (
    <span className="nil">–</span>
  );

const time = (ms: number | null) =>
  ms === null ? (
    <span className="nil">–</span>
  ) : (
    <span className="figure" title={duration(ms)}>
      {seconds(ms)}
    </span>
  );

const isCall = ({ kind }: WorkRow) => kind === "llm" || kind === "embedding" || kind === "rerank";

/** A call by its model, a tool run by its tool, any other span by its own name. */
export function rowName(row: WorkRow): string {
  if (isCall(row)) return row.model ?? t("(no model)");
  return (row.kind === "tool" ? row.tool : null) ?? row.name;
}

function RowCost({ row, places }: { row: WorkRow; places: number }) {
  return (
    <Money
      value={row.cost_usd}
      places={places}
      used={isCall(row) && row.cost_reason !== NO_USAGE && row.tokens !== null}
      reason={reasonText(row.cost_reason)}
    />
  );
}

type Columns = readonly Column<WorkRow>[];

const what = (list: WorkList): Columns => {
  const names = { calls: t("Model"), "tool-runs": t("Tool"), spans: t("Name") };
  const kind: Columns =
    list === "spans"
      ? [{ id: "kind", head: t("Kind"), width: "92px", drop: 3, cell: (row) => <KindTag kind={row.kind} /> }]
      : [];
  return [
    {
      id: "started",
      head: t("Started"),
      width: "118px",
      sort: "started_at",
      cell: (row) => (
        <time className="figure muted" dateTime={row.started_at} title={fullTime(row.started_at)}>
          {listTime(row.started_at)}
        </time>
      ),
    },
    {
      id: "name",
      link: true,
      head: names[list],
      width: "minmax(104px, 2fr)",
      cell: (row) => (
        <span
          className="row-name"
          title={row.name === rowName(row) ? row.name : `${rowName(row)}\n${row.name}`}
        >
          {rowName(row)}
        </span>
      ),
    },
    ...kind,
  ];
};

const whose = (): Columns => [
  {
    id: "agent",
    head: t("Agent"),
    width: "minmax(100px, 1.2fr)",
    drop: 4,
    cell: (row) => text(row.agent),
  },
  {
    id: "session",
    head: t("Session"),
    width: "minmax(100px, 1fr)",
    drop: 6,
    cell: (row) => text(row.session_id),
  },
  {
    id: "service",
    head: t("Service"),
    width: "minmax(100px, 1fr)",
    drop: 8,
    cell: (row) => text(row.service),
  },
  { id: "user", head: t("User"), width: "minmax(90px, 1fr)", drop: 7, cell: (row) => text(row.user_id) },
];

const howItEnded = (): Columns => [
  {
    id: "status",
    head: t("Status"),
    width: "76px",
    sort: "status",
    cell: (row) => <StatusText status={row.status} />,
  },
  {
    id: "error",
    head: t("Error"),
    width: "minmax(120px, 1.6fr)",
    drop: 5,
    cell: (row) => text(row.error, "failing"),
  },
  {
    id: "duration",
    head: t("Duration"),
    width: "80px",
    end: true,
    sort: "duration",
    cell: (row) => time(row.duration_ms),
  },
];

const whatItUsed = (list: WorkList, places: number): Columns => {
  if (list === "tool-runs") return [];
  const first: Column<WorkRow> = {
    id: "ttft",
    head: t("First token"),
    title: t("Time to first token"),
    width: "80px",
    end: true,
    drop: 2,
    cell: (row) => time(row.time_to_first_token_ms),
  };
  return [
    ...(list === "calls" ? [first] : []),
    {
      id: "tokens",
      head: t("Tokens"),
      width: "80px",
      end: true,
      drop: 1,
      sort: "tokens",
      cell: ({ tokens }) => (
        <span
          className="figure"
          title={
            tokens
              ? t("{input} in · {output} out", { input: count(tokens.input), output: count(tokens.output) })
              : undefined
          }
        >
          {tokens ? columnCount(tokens.total) : <span className="nil">–</span>}
        </span>
      ),
    },
    {
      id: "cost",
      head: t("Cost"),
      width: "92px",
      end: true,
      sort: "cost",
      cell: (row) => (
        <span className="figure">
          <RowCost row={row} places={places} />
        </span>
      ),
    },
  ];
};

export const workColumns = (list: WorkList, places: number): Columns => [
  ...what(list),
  ...whose(),
  ...howItEnded(),
  ...whatItUsed(list, places),
];

export const compactRow = (list: WorkList, places: number) => (row: WorkRow) => (
  <>
    <span className="compact-line">
      <span className="row-name">{rowName(row)}</span>
      <span className="figure">
        {list === "tool-runs" ? seconds(row.duration_ms) : <RowCost row={row} places={places} />}
      </span>
    </span>
    <span className="compact-line muted">
      <span className="row-state">
        <StatusText status={row.status} /> · <span className="figure">{listTime(row.started_at)}</span>
        {row.error ? <span className="failing"> · {row.error}</span> : null}
      </span>
      <span className="figure">{list === "tool-runs" ? (row.agent ?? "") : seconds(row.duration_ms)}</span>
    </span>
  </>
);
