// Which single call was slow, expensive or failed? One row for each call of a model.
import "../../styles/traces.css";
import { useMemo } from "react";
import { type Call, useCalls } from "../../api/calls";
import { useStatus } from "../../api/queries";
import { TeachToSend } from "../../components/FirstSteps";
import { type Column, Grid } from "../../components/Grid";
import { Icon } from "../../components/Icon";
import { Money, NO_USAGE, reasonText } from "../../components/Money";
import { PageHead, TopBar } from "../../components/Shell";
import { Failure, NothingMatches, SkeletonRows } from "../../components/States";
import { StatusText } from "../../components/StatusText";
import { count, duration, seconds, usdColumnPlaces } from "../../lib/format";
import { t } from "../../lib/i18n";
import { fullTime, listTime, rangeLabel } from "../../lib/time";
import { href, setParams } from "../../state/url";
import { useWorkPlace } from "../roster/place";
import { TraceTabs } from "./TraceTabs";

const DEFAULT_SORT = "-started_at";

const name = (value: string | null) =>
  value ? (
    <span className="muted" title={value}>
      {value}
    </span>
  ) : (
    <span className="nil">–</span>
  );

const tokens = (value: number | undefined) => (
  <span className="figure">{value === undefined ? <span className="nil">–</span> : count(value)}</span>
);

const columnsFor = (places: number): readonly Column<Call>[] => [
  {
    id: "started",
    head: t("Started"),
    width: "118px",
    sort: "started_at",
    cell: (call) => (
      <time className="figure muted" dateTime={call.started_at} title={fullTime(call.started_at)}>
        {listTime(call.started_at)}
      </time>
    ),
  },
  {
    id: "model",
    link: true,
    head: t("Model"),
    width: "minmax(210px, 2fr)",
    cell: (call) => (
      <span className="row-name" title={call.model ?? undefined}>
        {call.model ?? t("(no model)")}
      </span>
    ),
  },
  {
    id: "provider",
    head: t("Provider"),
    width: "minmax(80px, 1fr)",
    drop: 5,
    cell: (call) => name(call.provider),
  },
  {
    id: "agent",
    head: t("Agent"),
    width: "minmax(100px, 1.4fr)",
    drop: 2,
    cell: (call) => name(call.agent),
  },
  {
    id: "service",
    head: t("Service"),
    width: "minmax(100px, 1.2fr)",
    drop: 3,
    cell: (call) => name(call.service),
  },
  {
    id: "user",
    head: t("User"),
    width: "minmax(80px, 1fr)",
    drop: 4,
    cell: (call) => name(call.user_id),
  },
  { id: "status", head: t("Status"), width: "76px", cell: (call) => <StatusText status={call.status} /> },
  {
    id: "duration",
    head: t("Duration"),
    width: "80px",
    end: true,
    sort: "duration",
    cell: (call) => (
      <span className="figure" title={duration(call.duration_ms)}>
        {seconds(call.duration_ms)}
      </span>
    ),
  },
  {
    id: "input",
    head: t("Tokens in"),
    width: "80px",
    end: true,
    drop: 1,
    cell: (call) => tokens(call.tokens?.input),
  },
  {
    id: "output",
    head: t("Tokens out"),
    width: "80px",
    end: true,
    drop: 1,
    cell: (call) => tokens(call.tokens?.output),
  },
  {
    id: "tokens",
    head: t("Tokens"),
    width: "80px",
    end: true,
    sort: "tokens",
    cell: (call) => tokens(call.tokens?.total),
  },
  {
    id: "cost",
    head: t("Cost"),
    width: "96px",
    end: true,
    sort: "cost",
    cell: (call) => (
      <span className="figure">
        <CallCost call={call} places={places} />
      </span>
    ),
  },
];

function CallCost({ call, places }: { call: Call; places: number }) {
  return (
    <Money
      value={call.cost_usd}
      places={places}
      used={call.cost_reason !== NO_USAGE && call.tokens !== null}
      reason={reasonText(call.cost_reason)}
    />
  );
}

const compactCall = (places: number) => (call: Call) => (
  <>
    <span className="compact-line">
      <span className="row-name">{call.model ?? t("(no model)")}</span>
      <span className="figure">
        <CallCost call={call} places={places} />
      </span>
    </span>
    <span className="compact-line muted">
      <span>
        <StatusText status={call.status} /> · <span className="figure">{listTime(call.started_at)}</span>
      </span>
      <span className="figure">{seconds(call.duration_ms)}</span>
    </span>
  </>
);

export function Calls() {
  const { params, scope, refetch } = useWorkPlace();
  const sort = params.get("sort") ?? DEFAULT_SORT;
  const failed = params.get("failed") === "true";
  const query = useCalls(scope, sort, failed, refetch);
  const status = useStatus();
  const rows = query.data?.calls ?? [];
  const places = useMemo(
    () => usdColumnPlaces((query.data?.calls ?? []).map((call) => call.cost_usd)),
    [query.data],
  );
  const columns = useMemo(() => columnsFor(places), [places]);
  return (
    <>
      <TopBar />
      <PageHead title={t("LLM calls")}>
        <TraceTabs at="calls" />
        {query.data && rows.length > 0 ? (
          <span role="status">
            {totalText(query.data)} · {rangeLabel(scope.range)}
          </span>
        ) : null}
        {failed ? (
          <button type="button" className="tool-button" onClick={() => setParams({ failed: null })}>
            <Icon name="close" size={12} />
            <span>{t("Failed only")}</span>
          </button>
        ) : null}
      </PageHead>
      <div className={query.isPlaceholderData ? "page-body is-stale" : "page-body"}>
        {query.isError && rows.length === 0 ? (
          <Failure error={query.error} retry={() => void query.refetch()} />
        ) : query.isPending ? (
          <SkeletonRows rows={18} />
        ) : rows.length > 0 ? (
          <Grid
            label={t("LLM calls")}
            rows={rows}
            columns={columns}
            rowKey={(call) => `${call.trace_id} ${call.span_id}`}
            rowHref={(call) => href(`/traces/${call.trace_id}`, { span: call.span_id })}
            compact={compactCall(places)}
            sort={sort}
            onSort={(next) => setParams({ sort: next === DEFAULT_SORT ? null : next })}
            memory={`calls?${params.toString()}`}
          />
        ) : status.data?.store.spans === 0 ? (
          <TeachToSend what={t("traces")} />
        ) : (
          <NothingMatches what={t("calls")} />
        )}
      </div>
    </>
  );
}

function totalText({ calls, total, complete }: { calls: Call[]; total: number; complete: boolean }): string {
  const all = t("{n} calls", { count: total, n: count(total) });
  if (calls.length === total && complete) return all;
  return t("First {n} of {all}", { n: count(calls.length), all: complete ? all : `${all}+` });
}
