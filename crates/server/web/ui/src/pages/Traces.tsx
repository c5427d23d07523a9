// Which runs happened, and which of them deserves a look? One row a trace, newest first, arriving live.
import { useCallback, useEffect, useMemo, useState } from "react";
import { Problem } from "../api/client";
import type { Doomed } from "../api/forget";
import { PAGE_ROWS, type Scope, useStatus, useTraces } from "../api/queries";
import { AllowedButton } from "../components/Allowed";
import { withExcerpt } from "../components/Excerpt";
import { FacetsButton, FacetsPanel } from "../components/FacetParts";
import { TeachToSend } from "../components/FirstSteps";
import { Grid } from "../components/Grid";
import { Icon } from "../components/Icon";
import { Link } from "../components/Link";
import { Menu } from "../components/Menu";
import { PageHead, TopBar } from "../components/PageTop";
import { Failure, NothingMatches, SkeletonRows } from "../components/States";
import { allTraceColumns, compactTrace, costPlaces } from "../components/traceColumns";
import { count } from "../lib/format";
import { t } from "../lib/i18n";
import { wordsOf } from "../lib/query";
import { rangeLabel, resolveRange } from "../lib/time";
import { DEFAULT_COLUMNS, useColumns } from "../state/columns";
import { useFacetsOpen } from "../state/facets";
import { setFilter, useScope } from "../state/filters";
import { setFollowing, useFollowing } from "../state/follow";
import { useKeys } from "../state/keys";
import { useMedia, useNarrow } from "../state/screen";
import { href, setParams, setRange, usePlace } from "../state/url";
import { type Arrivals, useArrivals } from "./traces/arrivals";
import { DeleteTraces } from "./traces/Delete";
import { Facets, useTotal } from "./traces/Facets";
import { Strip } from "./traces/Strip";
import { type Chosen, useSelection } from "./traces/selection";
import { ColumnsMenu, columnsOf, ExportMenu } from "./traces/Tools";
import { TraceTabs } from "./traces/TraceTabs";
import "../styles/traces.css";

const DEFAULT_SORT = "-started_at";

export function Traces() {
  const { params } = usePlace();
  const scope = useScope();
  const sort = params.get("sort") ?? DEFAULT_SORT;
  const following = useFollowing();
  const narrow = useNarrow();
  // The facets lie over the list where there is no room beside it.
  const over = useMedia("(max-width: 899px)");
  const query = useTraces(scope, sort);
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.traces) ?? [], [query.data]);
  const places = useMemo(() => costPlaces(rows), [rows]);
  const all = useMemo(() => allTraceColumns(places), [places]);
  const names = useColumns();
  const words = wordsOf(scope.filters.filter ?? "");
  const columns = useMemo(
    () => withExcerpt(columnsOf(all, names), "status", "trace", words, (trace) => trace.trace_id),
    [all, names, words],
  );
  const [atTop, setAtTop] = useState(true);
  const [dropped, setDropped] = useState<readonly string[]>([]);
  const arrived = useArrivals(scope, sort, rows, atTop);
  const selection = useSelection(rows, JSON.stringify(scope));
  const [facets, setFacets] = useFacetsOpen();
  const [doomed, setDoomed] = useState<{ traces: Doomed; which: string } | null>(null);
  const [deleted, setDeleted] = useState<number | null>(null);
  const ready = query.isSuccess && !query.isPlaceholderData;
  const total = useTotal(scope, following ? 15_000 : false, ready);
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = query;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, hasNextPage, isFetchingNextPage]);
  useKeys({
    n: (event) => {
      event.preventDefault();
      arrived.show();
    },
    f: (event) => {
      event.preventDefault();
      setFollowing(!following);
    },
    Escape: (event) => {
      if (facets && over) setFacets(false);
      else if (selection.keys.size > 0) selection.clear();
      else return;
      event.preventDefault();
    },
  });
  useEffect(() => {
    if (deleted === null) return;
    const timer = setTimeout(() => setDeleted(null), 6000);
    return () => clearTimeout(timer);
  }, [deleted]);

  // Without traces, or without a filter that can be read, there is nothing to count or to take along.
  const status = useStatus();
  const unread = query.error instanceof Problem && query.error.position !== null;
  const bare = unread || (status.data?.store.spans === 0 && rows.length === 0);
  const chosen = selection.keys.size;
  const exact = hasNextPage ? total : rows.length;
  const stale = query.isPlaceholderData;
  return (
    <>
      <TopBar />
      <PageHead
        title={t("Traces")}
        tools={
          bare ? null : (
            <>
              <FacetsButton isOpen={facets} onToggle={() => setFacets(!facets)} />
              {narrow ? null : <ColumnsMenu all={all} shown={names} dropped={dropped} />}
              <ExportMenu scope={scope} />
              <MoreMenu onDelete={() => setDoomed({ traces: matching(scope), which: whichMatch(scope) })} />
            </>
          )
        }
      >
        <TraceTabs at="traces" />
        {chosen > 0 ? (
          <SelectionFacts
            selection={selection}
            onDelete={() =>
              setDoomed({
                traces: { trace_ids: [...selection.keys] },
                which: t("The selected traces."),
              })
            }
          />
        ) : query.isSuccess && !bare ? (
          <span role="status">
            {deleted !== null
              ? t("{n} traces deleted", { n: count(deleted), count: deleted })
              : `${
                  exact === null
                    ? t("Showing {n}", { n: count(rows.length) })
                    : t("{n} traces", { n: count(exact), count: exact })
                } · ${rangeLabel(scope.range)}`}
          </span>
        ) : null}
        <NewPill arrived={arrived} following={following} />
      </PageHead>
      <div className="traces">
        {facets && !bare ? (
          <FacetsPanel
            done={t("Show {n} traces", { n: total === null ? "…" : count(total), count: total ?? 2 })}
            close={() => setFacets(false)}
          >
            <Facets scope={scope} following={following} ready={ready} />
          </FacetsPanel>
        ) : null}
        <div className="traces-main">
          {(rows.length > 0 || query.isPending) && !unread ? (
            <Strip scope={scope} following={following} ready={ready} />
          ) : null}
          <div className={stale ? "page-body is-stale" : "page-body"}>
            {query.isError && (rows.length === 0 || stale) ? (
              <Failure error={query.error} retry={() => void query.refetch()} />
            ) : query.isPending ? (
              <SkeletonRows rows={18} />
            ) : rows.length === 0 ? (
              <Nothing scope={scope} />
            ) : (
              <Grid
                label={t("Traces")}
                key={arrived.generation}
                rows={rows}
                columns={columns}
                rowKey={(trace) => trace.trace_id}
                rowHref={(trace) => href(`/traces/${trace.trace_id}`, { find: words })}
                rowClass={(trace) => (arrived.marked.has(trace.trace_id) ? "is-new" : "")}
                compact={compactTrace(places)}
                selection={selection}
                keepColumns={names !== DEFAULT_COLUMNS}
                sort={sort}
                onSort={(next) => setParams({ sort: next === DEFAULT_SORT ? null : next })}
                onEnd={more}
                onTop={setAtTop}
                onDropped={setDropped}
                memory={`traces?${params.toString()}`}
                footer={
                  <p className="grid-foot">
                    {hasNextPage
                      ? isFetchingNextPage
                        ? t("Loading more …")
                        : ""
                      : t("{n} traces", { n: count(rows.length), count: rows.length })}
                  </p>
                }
              />
            )}
          </div>
        </div>
      </div>
      {doomed ? (
        <DeleteTraces
          doomed={doomed.traces}
          which={doomed.which}
          close={() => setDoomed(null)}
          done={(many) => {
            setDoomed(null);
            selection.clear();
            setDeleted(many);
          }}
        />
      ) : null}
    </>
  );
}

/** All that match as of now: what arrives after the question was asked is not meant. */
function matching(scope: Scope): Doomed {
  const bounds = {
    since: "1970-01-01T00:00:00Z",
    until: new Date().toISOString(),
    ...resolveRange(scope.range),
  };
  return { ...scope.filters, ...bounds };
}

function whichMatch(scope: Scope): string {
  const { filter } = scope.filters;
  const range = rangeLabel(scope.range);
  return filter
    ? t("All of “{range}” that match {filter}", { range, filter })
    : t("All of “{range}”", { range });
}

function SelectionFacts({ selection, onDelete }: { selection: Chosen; onDelete: () => void }) {
  const [a, b] = [...selection.keys];
  const n = selection.keys.size;
  return (
    <span className="selection" role="status">
      <strong>{t("{n} selected", { n: count(n) })}</strong>
      {n === 2 && a && b ? (
        <Link className="tool-button" href={href(`/traces/${a}`, { diff: b })}>
          <Icon name="compare" size={14} />
          <span>{t("Compare")}</span>
        </Link>
      ) : (
        <span className="tool-button is-off" title={t("Select two traces to compare them")}>
          <Icon name="compare" size={14} />
          <span>{t("Compare")}</span>
        </span>
      )}
      <AllowedButton needs="admin" className="tool-button is-grave" onClick={onDelete}>
        <Icon name="trash" size={14} />
        <span>{t("Delete")}</span>
      </AllowedButton>
      <button type="button" className="tool-button" onClick={selection.clear}>
        <Icon name="close" size={12} />
        <span>{t("Clear")}</span>
      </button>
    </span>
  );
}

function NewPill({ arrived, following }: { arrived: Arrivals; following: boolean }) {
  if (arrived.fresh === 0) return null;
  const n = arrived.fresh >= PAGE_ROWS ? `${PAGE_ROWS}+` : count(arrived.fresh);
  return (
    <button
      type="button"
      className="new-pill"
      title={following ? t("Paused while you scroll. Click to show new rows (n)") : t("Show them (n)")}
      onClick={arrived.show}
    >
      {t("{n} new", { n })}
    </button>
  );
}

function MoreMenu({ onDelete }: { onDelete: () => void }) {
  return (
    <Menu
      align="end"
      title={t("More")}
      className="tool-button is-icon"
      label={<Icon name="more" size={16} />}
    >
      {(close) => (
        <AllowedButton
          needs="admin"
          className="menu-item is-grave"
          onClick={() => {
            close();
            onDelete();
          }}
        >
          {t("Delete all that match …")}
        </AllowedButton>
      )}
    </Menu>
  );
}

function Nothing({ scope }: { scope: Scope }) {
  const status = useStatus();
  if (status.data?.store.spans === 0) return <TeachToSend what={t("traces")} />;
  return (
    <NothingMatches what={t("traces")}>
      {scope.filters.filter ? (
        <button type="button" className="button" onClick={() => setFilter("")}>
          {t("Clear the filter")}
        </button>
      ) : null}
      {scope.range.preset !== "all" ? (
        <button
          type="button"
          className="button"
          onClick={() => setRange({ preset: "all", since: null, until: null })}
        >
          {t("Show all time")}
        </button>
      ) : null}
    </NothingMatches>
  );
}
