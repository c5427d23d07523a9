// What is checked, what is caught, what is stopped, and what was found that should not have been sent?
import { useMemo } from "react";
import { useAsk } from "../../api/ask";
import { type Guardrails as Answer, type GuardrailRow, useGuardrails } from "../../api/insight";
import { Stat, TimeChart } from "../../charts";
import { compact, count, duration, percent } from "../../lib/format";
import { t } from "../../lib/i18n";
import { joined, narrowed } from "../../lib/query";
import { type Range, rangeLabel, resolveRange } from "../../lib/time";
import { useScopeBefore } from "../../state/compare";
import { filterText } from "../../state/filters";
import { href } from "../../state/url";
import { deltaOf, pointsOf } from "../roster/Against";
import { boxColumn, lastColumn, percentileColumn } from "../roster/columns";
import { type Scale, scaleOf } from "../roster/kinds";
import { keyOf } from "../roster/names";
import { Nil, Num, scaleText } from "../roster/parts";
import { useWorkPlace } from "../roster/place";
import { WorkPage, WorkPart } from "../roster/WorkPage";
import { type WorkColumn, WorkTable } from "../roster/WorkTable";
import { Detections } from "./Detections";
import { GuardrailDetail } from "./GuardrailDetail";
import { TeachGuardrails } from "./TeachGuardrails";

const NONE: readonly GuardrailRow[] = [];

export const guardrailName = (row: GuardrailRow) => row.name ?? t("unnamed guardrail");
const rowKey = (row: GuardrailRow) => `${keyOf(row.framework)}/${keyOf(row.name)}`;

/** The traces in which this guardrail looked: those that have its name in their text. */
export function guardrailTraces(row: GuardrailRow, by: Record<string, string> = {}): string {
  const filter = filterText(new URLSearchParams(window.location.search));
  const name = row.name === null ? "" : `"${row.name.replace(/["\\\\]/g, " ")}"`;
  return href("/traces", { filter: joined(narrowed(filter, by), name) });
}

/** Violations after which the run failed, by the name of the guardrail: it was stopped there. */
type Blocks = ReadonlyMap<string, number> | null;

function columnsFor(scale: Scale, blocks: Blocks): readonly WorkColumn<GuardrailRow>[] {
  return [
    {
      id: "framework",
      head: t("Framework"),
      least: 100,
      drop: 2,
      by: (row) => row.framework,
      cell: (row) => <span className="muted">{row.framework ?? <Nil />}</span>,
    },
    {
      id: "checks",
      head: t("Checks"),
      end: true,
      least: 64,
      by: (row) => row.checks,
      cell: (row) => <Num value={row.checks} to={guardrailTraces(row)} />,
    },
    {
      id: "triggered",
      head: t("Violations"),
      title: t("Checks that found something"),
      end: true,
      least: 76,
      by: (row) => row.triggered,
      cell: (row) =>
        row.trace_id && row.triggered > 0 ? (
          <Num value={row.triggered} to={href(`/traces/${row.trace_id}`)} title={t("Open an example")} />
        ) : (
          <Num value={row.triggered} to={guardrailTraces(row)} />
        ),
    },
    {
      id: "rate",
      head: t("Trigger rate"),
      title: t("Violations per 100 checks"),
      end: true,
      least: 64,
      by: (row) => (row.checks > 0 ? row.triggered / row.checks : null),
      cell: (row) => (
        <span className={row.triggered ? "figure" : "figure nil"}>
          {percent(row.checks > 0 ? row.triggered / row.checks : 0)}
        </span>
      ),
    },
    {
      id: "blocks",
      head: t("Blocks"),
      title: t("Violations that ended the run with an error"),
      end: true,
      least: 60,
      by: (row) => blocks?.get(keyOf(row.name)) ?? null,
      cell: (row) =>
        blocks ? (
          <Num
            value={blocks.get(keyOf(row.name)) ?? 0}
            to={guardrailTraces(row, { status: "error" })}
            failing
          />
        ) : (
          <Nil />
        ),
    },
    {
      id: "errors",
      head: t("Errors"),
      title: t("Checks that ended with an error and checked nothing"),
      end: true,
      least: 60,
      drop: 2,
      by: (row) => row.errors,
      cell: (row) => <Num value={row.errors} to={guardrailTraces(row)} failing />,
    },
    boxColumn((row) => row.latency_ms, {
      head: t("Time of a check, {scale}", { scale: scaleText(scale) }),
      title: t("Logarithmic scale. Line: minimum to p95. Box: middle half of the checks. Mark: median"),
      least: 130,
      drop: 1,
      scale,
      hue: "guardrail",
    }),
    percentileColumn("p95", (row) => row.latency_ms),
    lastColumn(t("Last check"), (row) => row.last_at, 3),
  ];
}

const compactGuardrail = (row: GuardrailRow) => (
  <>
    <span className="compact-line">
      <span className="row-name">{guardrailName(row)}</span>
      <span className="figure">{t("{n} checks", { count: row.checks, n: count(row.checks) })}</span>
    </span>
    <span className="compact-line muted">
      <span>
        {t("{n} violations", { count: row.triggered, n: count(row.triggered) })}
        {row.errors > 0 ? (
          <span className="failing"> · {t("{n} check errors", { n: count(row.errors) })}</span>
        ) : null}
      </span>
      <span className="figure">{row.latency_ms ? `p95 ${duration(row.latency_ms.p95)}` : "–"}</span>
    </span>
  </>
);

export function Guardrails() {
  const { params, scope, open, refetch } = useWorkPlace();
  const query = useGuardrails(scope, refetch);
  const scopeBefore = useScopeBefore(scope);
  const before = useGuardrails(scopeBefore, false);
  const rows = query.data?.rows ?? NONE;
  const stopped = useAsk(
    { from: "guardrails", group_by: ["name"], top: 100, filter: "status:error" },
    scope,
    refetch,
  );
  const blocks = useMemo<Blocks>(
    () =>
      stopped.data
        ? new Map(stopped.data.groups.map((group) => [keyOf(group.key.name ?? null), group.triggered]))
        : null,
    [stopped.data],
  );
  const columns = useMemo(
    () => columnsFor(scaleOf(rows.map((row) => row.latency_ms)), blocks),
    [rows, blocks],
  );
  const opened = open === null ? undefined : rows.find((row) => rowKey(row) === open);
  const detections = query.data?.detections ?? [];
  return (
    <WorkPage
      title={t("Guardrails")}
      facts={
        <span>
          {t("{n} guardrails", { count: rows.length, n: count(rows.length) })} · {rangeLabel(scope.range)}
        </span>
      }
      query={query}
      empty={rows.length === 0 && detections.length === 0}
      what={t("checks")}
      teach={<TeachGuardrails />}
      detail={opened ? <GuardrailDetail key={open} row={opened} scope={scope} refetch={refetch} /> : null}
    >
      {query.data ? (
        <Totals
          now={query.data}
          before={scopeBefore ? before.data : undefined}
          blocks={stopped.data?.total.triggered ?? null}
        />
      ) : null}
      {query.data && query.data.checks > 0 ? <OverTime answer={query.data} range={scope.range} /> : null}
      {rows.length > 0 ? (
        <WorkPart title={t("By guardrail")} note={t("Click a row for details, a number for its traces")}>
          <WorkTable
            label={t("Guardrails")}
            rows={rows}
            columns={columns}
            rowKey={rowKey}
            nameHead={t("Guardrail")}
            nameText={guardrailName}
            name={guardrailName}
            compact={compactGuardrail}
            sort={params.get("sort") ?? "-triggered"}
          />
        </WorkPart>
      ) : null}
      <Detections detections={detections} />
    </WorkPage>
  );
}

function Totals({ now, before, blocks }: { now: Answer; before: Answer | undefined; blocks: number | null }) {
  const rate = (of: Answer) => (of.checks > 0 ? of.triggered / of.checks : null);
  // Nothing told is not nothing found.
  const found = (of: Answer, kind: string): number | null => {
    const told = of.detections.filter((one) => one.kind === kind);
    return told.length > 0 ? told.reduce((all, one) => all + one.count, 0) : null;
  };
  const detected = (kind: string) => {
    const sum = found(now, kind);
    const then = before ? (found(before, kind) ?? 0) : undefined;
    return sum === null ? null : { value: compact(sum), ...deltaOf(sum, then) };
  };
  const [pii, secrets] = [detected("pii"), detected("secret")];
  return (
    <div className="stats">
      <Stat label={t("Checks")} value={compact(now.checks)} {...deltaOf(now.checks, before?.checks)} />
      <Stat
        label={t("Violations")}
        value={compact(now.triggered)}
        note={rate(now) === null ? undefined : t("{share} of checks", { share: percent(rate(now) ?? 0) })}
        {...pointsOf(rate(now), before ? rate(before) : undefined)}
      />
      <Stat
        label={t("Blocks")}
        value={blocks === null ? "–" : compact(blocks)}
        note={t("the run was stopped")}
        title={t("Violations that ended the run with an error")}
      />
      <Stat
        label={t("Check errors")}
        value={compact(now.errors)}
        good="down"
        {...deltaOf(now.errors, before?.errors)}
      />
      {pii ? <Stat label={t("Personal data found")} good="down" {...pii} /> : null}
      {secrets ? <Stat label={t("Secrets found")} good="down" {...secrets} /> : null}
    </div>
  );
}

function OverTime({ answer, range }: { answer: Answer; range: Range }) {
  const { series, step_ms } = answer;
  if (!step_ms || series.length === 0) return null;
  const times = series.map((point) => Date.parse(point.start));
  const bounds = resolveRange(range);
  const since = bounds.since ? Date.parse(bounds.since) : Math.min(...times);
  const until = bounds.until ? Date.parse(bounds.until) : Date.now();
  const line = (of: (point: Answer["series"][number]) => number) =>
    series.map((point, index) => ({ t: times[index] ?? 0, v: of(point) }));
  return (
    <WorkPart title={t("Over time")}>
      <TimeChart
        shape="bar"
        stacked
        unit="count"
        since={since}
        until={Math.max(until, since + step_ms)}
        stepMs={step_ms}
        height={160}
        label={t("Checks over time by outcome")}
        series={[
          {
            name: t("passed"),
            hue: "--chart-passed",
            points: line((point) => Math.max(0, point.checks - point.triggered - point.errors)),
          },
          { name: t("violations"), hue: "--guardrail", points: line((point) => point.triggered) },
          { name: t("check errors"), hue: "--failure", points: line((point) => point.errors) },
        ]}
      />
    </WorkPart>
  );
}
