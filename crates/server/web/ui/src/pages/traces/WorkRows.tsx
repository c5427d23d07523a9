// Which single call, tool run or step was slow, expensive or failed? One row each; figures of other pages open them here.
import "../../styles/traces.css";
import { useCallback, useMemo } from "react";
import { useStatus } from "../../api/queries";
import { useWorkRows, type WorkRowAsk } from "../../api/workRows";
import { withExcerpt } from "../../components/Excerpt";
import { TeachToSend } from "../../components/FirstSteps";
import { Grid } from "../../components/Grid";
import { Icon } from "../../components/Icon";
import { PageHead, TopBar } from "../../components/PageTop";
import { Failure, NothingMatches, SkeletonRows } from "../../components/States";
import { count, usdColumnPlaces } from "../../lib/format";
import { t } from "../../lib/i18n";
import { wordsOf } from "../../lib/query";
import { rangeLabel } from "../../lib/time";
import { href, setParams } from "../../state/url";
import { useWorkPlace } from "../roster/place";
import { TraceTabs } from "./TraceTabs";
import { compactRow, type WorkList, workColumns } from "./workColumns";

const DEFAULT_SORT = "-started_at";
const KINDS: Record<WorkList, string | undefined> = { calls: "call", "tool-runs": "tool", spans: undefined };

/** In an address stands "-" for calls that name none. */
const named = (values: readonly string[]): string[] => values.map((value) => (value === "-" ? "" : value));

function askOf(list: WorkList, params: URLSearchParams): WorkRowAsk {
  // Links of earlier versions said "failed=true".
  const state = params.get("state") ?? (params.get("failed") === "true" ? "failed" : undefined);
  return {
    kind: KINDS[list] ?? params.get("kind") ?? undefined,
    state,
    provider: named(params.getAll("provider")).slice(0, 1),
    within: named(params.getAll("within")).slice(0, 1),
    convention: named(params.getAll("convention")).slice(0, 1),
    message: named(params.getAll("message")),
  };
}

function titleOf(list: WorkList): string {
  return { calls: t("LLM calls"), "tool-runs": t("Tool runs"), spans: t("Spans") }[list];
}

function countText(list: WorkList, total: number): string {
  if (list === "calls") return t("{n} calls", { count: total, n: count(total) });
  return list === "tool-runs"
    ? t("{n} tool runs", { count: total, n: count(total) })
    : t("{n} spans", { count: total, n: count(total) });
}

function stateText(state: string): string {
  const words: Record<string, string> = {
    failed: t("Failed only"),
    running: t("Running only"),
    unpriced: t("Unpriced only"),
    subscription: t("Subscriptions only"),
    estimated: t("Estimated only"),
    deviating: t("Other reported cost only"),
    triggered: t("Triggered only"),
  };
  return words[state] ?? state;
}

function ownText(field: "provider" | "within" | "convention", name: string): string {
  if (field === "provider") return t("Provider: {name}", { name });
  return field === "within" ? t("Within tool: {name}", { name }) : t("Convention: {name}", { name });
}

/** The conditions that no filter bar shows, each with a way to drop it. */
function chipsOf(
  list: WorkList,
  ask: WorkRowAsk,
): { id: string; text: string; gone: Record<string, null> }[] {
  const chips = [];
  if (list === "spans" && ask.kind)
    chips.push({
      id: "kind",
      text: t("Kind: {kind}", { kind: ask.kind.replaceAll(",", ", ") }),
      gone: { kind: null },
    });
  if (ask.state) chips.push({ id: "state", text: stateText(ask.state), gone: { state: null, failed: null } });
  for (const [id, values] of [
    ["provider", ask.provider],
    ["within", ask.within],
    ["convention", ask.convention],
  ] as const)
    for (const value of values)
      chips.push({ id, text: ownText(id, value || t("none")), gone: { [id]: null } });
  const [message, ...others] = ask.message;
  if (message !== undefined) {
    const more = others.length > 0 ? ` ${t("+{n} more", { n: others.length })}` : "";
    const text = `${t("Error: {error}", { error: message || t("no error message") })}${more}`;
    chips.push({ id: "message", text, gone: { message: null } });
  }
  return chips;
}

export function WorkRows({ list }: { list: WorkList }) {
  const { params, scope, refetch } = useWorkPlace();
  const sort = params.get("sort") ?? DEFAULT_SORT;
  const ask = useMemo(() => askOf(list, params), [list, params]);
  const query = useWorkRows(scope, ask, sort, refetch);
  const status = useStatus();
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.spans) ?? [], [query.data]);
  const total = query.data?.pages[0]?.total;
  const places = useMemo(() => usdColumnPlaces(rows.map((row) => row.cost_usd)), [rows]);
  const words = wordsOf(scope.filters.filter ?? "");
  const columns = useMemo(
    () =>
      withExcerpt(
        workColumns(list, places),
        "status",
        "span",
        words,
        (row) => `${row.trace_id}:${row.span_id}`,
      ),
    [list, places, words],
  );
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = query;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, hasNextPage, isFetchingNextPage]);
  const title = titleOf(list);
  return (
    <>
      <TopBar />
      <PageHead title={title}>
        <TraceTabs at={list} />
        {total === undefined ? null : (
          <span role="status" data-total={total}>
            {countText(list, total)} · {rangeLabel(scope.range)}
          </span>
        )}
        <Chips list={list} ask={ask} />
      </PageHead>
      <div className={query.isPlaceholderData ? "page-body is-stale" : "page-body"}>
        {query.isError && rows.length === 0 ? (
          <Failure error={query.error} retry={() => void query.refetch()} />
        ) : query.isPending ? (
          <SkeletonRows rows={18} />
        ) : rows.length > 0 ? (
          <Grid
            label={title}
            rows={rows}
            columns={columns}
            rowKey={(row) => `${row.trace_id} ${row.span_id}`}
            rowHref={(row) => href(`/traces/${row.trace_id}`, { span: row.span_id, find: words || null })}
            compact={compactRow(list, places)}
            sort={sort}
            onSort={(next) => setParams({ sort: next === DEFAULT_SORT ? null : next })}
            onEnd={more}
            memory={`${list}?${params.toString()}`}
          />
        ) : status.data?.store.spans === 0 ? (
          <TeachToSend what={t("traces")} />
        ) : (
          <NothingMatches what={title} />
        )}
      </div>
    </>
  );
}

function Chips({ list, ask }: { list: WorkList; ask: WorkRowAsk }) {
  return chipsOf(list, ask).map(({ id, text, gone }) => (
    <button
      key={id}
      type="button"
      className="tool-button chip-button"
      title={`${text}\n${t("Click to remove this condition")}`}
      onClick={() => setParams(gone)}
    >
      <Icon name="close" size={12} />
      <span>{text}</span>
    </button>
  ));
}
