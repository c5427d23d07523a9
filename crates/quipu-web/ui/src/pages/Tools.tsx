// Which tools fail, and which are slow?
import { useMemo } from "react";
import { type Scope, useStatus, useTools } from "../api/queries";
import type { ToolRow } from "../api/types";
import { type Column, Grid } from "../components/Grid";
import { PageHead, TopBar } from "../components/Shell";
import { Failure, NothingMatches, SkeletonRows, TeachToSend } from "../components/States";
import { count, duration, durationsUpTo, percent, plural } from "../lib/format";
import { ago, fullTime, rangeLabel } from "../lib/time";
import { filterParams } from "../state/filters";
import { useFollowing } from "../state/follow";
import { href, rangeOf, setParams, usePlace } from "../state/url";

function lastError(row: ToolRow): { message: string; at: string | null } | null {
  if (!row.last_error) return null;
  if (typeof row.last_error === "string") return { message: row.last_error, at: null };
  return {
    message: row.last_error.message ?? "failed without a message",
    at: row.last_error.at ?? row.last_error.time ?? null,
  };
}

/** What went wrong, without the stack trace that some senders put behind it. */
function firstLine(message: string): string {
  return message.split(/\n|Traceback \(most recent call last\)/, 1)[0]?.trim() || message;
}

/** p50 to p99 on one scale for all rows, p95 as the knot between. */
function LatencyCord({ row, slowest }: { row: ToolRow; slowest: number }) {
  const { p50, p95, p99 } = row.latency_ms;
  if (p50 === null || p95 === null || p99 === null) return <span className="nil">–</span>;
  const at = (value: number) => `${(Math.sqrt(value / slowest) * 100).toFixed(2)}%`;
  const title = `p50 ${duration(p50)} · p95 ${duration(p95)} · p99 ${duration(p99)}`;
  return (
    <span className="latency-cord" title={title}>
      <i className="latency-line" style={{ left: at(p50), width: `calc(${at(p99)} - ${at(p50)})` }} />
      <i className="latency-knot" style={{ left: at(p50) }} />
      <i className="latency-knot is-p95" style={{ left: at(p95) }} />
    </span>
  );
}

const SORTS: Record<string, (row: ToolRow) => number | string> = {
  name: (row) => row.name,
  calls: (row) => row.calls,
  errors: (row) => row.errors,
  success: (row) => row.success_rate ?? 2,
  p50: (row) => row.latency_ms.p50 ?? -1,
  p95: (row) => row.latency_ms.p95 ?? -1,
  p99: (row) => row.latency_ms.p99 ?? -1,
};

function sorted(rows: readonly ToolRow[], sort: string): ToolRow[] {
  const down = sort.startsWith("-");
  const by = SORTS[sort.replace("-", "")] ?? SORTS.calls;
  if (!by) return [...rows];
  return [...rows].sort((a, b) => {
    const [left, right] = [by(a), by(b)];
    const order = left < right ? -1 : left > right ? 1 : 0;
    return (down ? -order : order) || (a.name < b.name ? -1 : 1);
  });
}

const latency = (id: "p50" | "p95" | "p99", durations: (ms: number | null) => string): Column<ToolRow> => ({
  id,
  head: id,
  title: `${id.slice(1)} of 100 calls take at most this long`,
  width: "80px",
  end: true,
  sort: id,
  cell: (row) => (
    <span className="figure" title={duration(row.latency_ms[id])}>
      {durations(row.latency_ms[id])}
    </span>
  ),
});

function columnsFor(slowest: number): Column<ToolRow>[] {
  const durations = durationsUpTo(slowest);
  return [
    {
      id: "name",
      head: "Tool",
      width: "minmax(130px, 1.2fr)",
      sort: "name",
      cell: (row) => <span className="row-name mono">{row.name}</span>,
    },
    {
      id: "calls",
      head: "Calls",
      width: "72px",
      end: true,
      sort: "calls",
      cell: (row) => <span className="figure">{count(row.calls)}</span>,
    },
    {
      id: "errors",
      head: "Errors",
      width: "72px",
      end: true,
      sort: "errors",
      cell: (row) => <span className={`figure ${row.errors ? "failing" : "nil"}`}>{count(row.errors)}</span>,
    },
    {
      id: "success",
      head: "Success",
      width: "80px",
      end: true,
      sort: "success",
      cell: (row) => (
        <span className="figure">{row.success_rate === null ? "–" : percent(row.success_rate)}</span>
      ),
    },
    latency("p50", durations),
    latency("p95", durations),
    latency("p99", durations),
    {
      id: "cord",
      head: "p50 to p99",
      title: "On one square-root scale: left end p50, knot p95, right end p99",
      width: "minmax(120px, 1fr)",
      drop: 2,
      cell: (row) => <LatencyCord row={row} slowest={slowest} />,
    },
    {
      id: "last",
      head: "Last error",
      width: "minmax(120px, 2fr)",
      drop: 1,
      cell: (row) => {
        const error = lastError(row);
        if (!error) return <span className="nil">none in this range</span>;
        return (
          <span title={error.at ? `${error.message}\n${fullTime(error.at)}` : error.message}>
            {error.at ? <span className="faint">{ago(error.at)} </span> : null}
            {firstLine(error.message)}
          </span>
        );
      },
    },
  ];
}

const compactTool = (durations: (ms: number | null) => string) => (row: ToolRow) => {
  return (
    <>
      <span className="compact-line">
        <span className="row-name mono">{row.name}</span>
        <span className="figure">{plural(row.calls, "call")}</span>
      </span>
      <span className="compact-line muted">
        <span className={row.errors ? "failing" : undefined}>{plural(row.errors, "error")}</span>
        <span className="figure">
          p50 {durations(row.latency_ms.p50)} · p95 {durations(row.latency_ms.p95)}
        </span>
      </span>
    </>
  );
};

export function Tools() {
  const { params } = usePlace();
  const scope = useMemo<Scope>(() => ({ range: rangeOf(params), filters: filterParams(params) }), [params]);
  const query = useTools(scope, useFollowing() ? 5_000 : false);
  const status = useStatus();
  const sort = params.get("sort") ?? "-calls";
  const rows = useMemo(() => sorted(query.data ?? [], sort), [query.data, sort]);
  const slowest = Math.max(1, ...rows.map((row) => row.latency_ms.p99 ?? 0));
  const columns = useMemo(() => columnsFor(slowest), [slowest]);
  const calls = rows.reduce((sum, row) => sum + row.calls, 0);
  const errors = rows.reduce((sum, row) => sum + row.errors, 0);
  return (
    <>
      <TopBar />
      <PageHead title="Tools">
        {query.isSuccess ? (
          <span>
            {plural(rows.length, "tool")} · {plural(calls, "call")} ·{" "}
            <span className={errors ? "failing" : undefined}>{plural(errors, "error")}</span> ·{" "}
            {rangeLabel(scope.range)}
          </span>
        ) : null}
      </PageHead>
      <div className="page-body">
        {query.isError && rows.length === 0 ? (
          <Failure error={query.error} retry={() => void query.refetch()} />
        ) : query.isPending ? (
          <SkeletonRows rows={8} />
        ) : rows.length > 0 ? (
          <Grid
            label="Tools"
            rows={rows}
            columns={columns}
            rowKey={(row) => row.name}
            rowHref={(row) => href("/traces", { tool: row.name })}
            compact={compactTool(durationsUpTo(slowest))}
            sort={sort}
            onSort={(next) => setParams({ sort: next })}
          />
        ) : status.data?.store.spans === 0 ? (
          <TeachToSend what="tool calls" />
        ) : (
          <NothingMatches what="tool calls" />
        )}
      </div>
    </>
  );
}
