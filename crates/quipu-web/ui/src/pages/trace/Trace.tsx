// What did this run do, what was it waiting for, and what did it cost?
import { useCallback, useEffect, useMemo, useState } from "react";
import { useTrace } from "../../api/queries";
import { PanelSplit } from "../../components/PanelSplit";
import { Failure, Loading } from "../../components/States";
import { criticalPath } from "../../lib/critical";
import { count, durationsUpTo, usdColumnPlaces } from "../../lib/format";
import { buildTree, type Node, visibleRows } from "../../lib/tree";
import { useKeys } from "../../state/keys";
import { useNarrow } from "../../state/screen";
import { back, href, setParams, usePlace } from "../../state/url";
import { Conversation } from "./Conversation";
import { useTraceChanges } from "./changes";
import { Digest } from "./Digest";
import { SpanPanel } from "./SpanPanel";
import { SpanTable } from "./SpanTable";
import { TraceHead, VIEWS, ViewBar } from "./TraceHead";
import { Waterfall } from "./Waterfall";

/** Loaded without being asked; beyond, pages come as one scrolls. */
const SPANS_AT_ONCE = 20_000;

export function Trace({ traceId }: { traceId: string }) {
  const { params } = usePlace();
  const narrow = useNarrow();
  const query = useTrace(traceId);
  const { spans, trace, hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const tree = useMemo(() => buildTree(spans), [spans]);
  const path = useMemo(() => criticalPath(tree.roots), [tree]);
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const rows = useMemo(() => visibleRows(tree.roots, folded), [tree, folded]);
  const mostTokens = useMemo(
    () => spans.reduce((most, span) => Math.max(most, span.counted ? (span.tokens?.total ?? 0) : 0), 0),
    [spans],
  );
  const [word, setWord] = useState("");
  const found = useMemo(() => findSpans(tree.byId.values(), word), [tree, word]);
  const picked = params.get("span");
  const node = picked ? tree.byId.get(picked) : undefined;
  const view = VIEWS.find((entry) => entry.id === params.get("view"))?.id ?? "waterfall";

  const pick = useCallback((spanId: string | null) => setParams({ span: spanId }, { replace: true }), []);
  const fold = useCallback((spanId: string) => setFolded((old) => toggled(old, spanId)), []);
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  useEffect(() => {
    if (spans.length < SPANS_AT_ONCE) more();
  }, [spans.length, more]);
  const changes = useTraceChanges(traceId, trace);
  const places = useMemo(
    () => usdColumnPlaces(spans.map((span) => (span.counted ? span.cost_usd : null))),
    [spans],
  );
  const durations = useMemo(() => durationsUpTo(tree.total), [tree.total]);

  const step = (by: number) => (event: KeyboardEvent) => {
    if (view !== "waterfall" || rows.length === 0) return;
    event.preventDefault();
    const at = rows.findIndex((row) => row.span.span_id === picked);
    const next = rows[Math.min(rows.length - 1, Math.max(0, at + by))];
    if (next) pick(next.span.span_id);
  };
  const sideways = (into: boolean) => (event: KeyboardEvent) => {
    if (view !== "waterfall" || !node) return;
    event.preventDefault();
    const id = node.span.span_id;
    if (into === folded.has(id) && node.children.length > 0) fold(id);
    else if (into && node.children[0]) pick(node.children[0].span.span_id);
    else if (!into && node.parent) pick(node.parent.span.span_id);
  };
  useKeys({
    j: step(1),
    k: step(-1),
    ArrowDown: step(1),
    ArrowUp: step(-1),
    l: sideways(true),
    h: sideways(false),
    ArrowRight: sideways(true),
    ArrowLeft: sideways(false),
    Escape: (event) => {
      event.preventDefault();
      if (picked) pick(null);
      else back(href("/traces"));
    },
  });

  if (query.isError && !trace) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (!trace) return <Loading what="Reading the trace" />;

  const showNext = (direction: number) => {
    const matches = rows.filter((row) => found?.has(row.span.span_id));
    const at = matches.findIndex((row) => row.span.span_id === picked);
    const next = matches[(at + direction + matches.length) % Math.max(1, matches.length)];
    if (next) pick(next.span.span_id);
  };
  const panel = node ? (
    <SpanPanel traceId={traceId} node={node} onClose={() => pick(null)} />
  ) : narrow ? null : (
    <Digest traceId={traceId} spans={spans} tree={tree} path={path} places={places} onPick={pick} />
  );
  const footer =
    spans.length < trace.spans ? (
      <p className="grid-foot">
        {count(spans.length)} of {count(trace.spans)} spans loaded
        {isFetchingNextPage ? ", reading on …" : ", more as you scroll"}
      </p>
    ) : null;

  return (
    <>
      <TraceHead trace={trace} reload={changes.waiting ? changes.reload : null} />
      <ViewBar
        view={view}
        spans={spans}
        word={word}
        matches={found?.size ?? null}
        onWord={setWord}
        onNext={showNext}
        onFoldAll={() =>
          setFolded(
            new Set(
              [...tree.byId.values()]
                .filter((entry) => entry.depth > 0 && entry.children.length > 0)
                .map((entry) => entry.span.span_id),
            ),
          )
        }
        onUnfoldAll={() => setFolded(new Set())}
      />
      <PanelSplit panel={panel} covers={narrow && node !== undefined}>
        {view === "waterfall" ? (
          <Waterfall
            rows={rows}
            total={tree.total}
            mostTokens={mostTokens}
            places={places}
            durations={durations}
            path={path}
            folded={folded}
            picked={picked}
            found={found}
            onPick={pick}
            onFold={fold}
            onEnd={more}
            footer={footer}
          />
        ) : view === "conversation" ? (
          <Conversation traceId={traceId} picked={picked} places={places} onPick={pick} />
        ) : (
          <SpanTable
            nodes={[...tree.byId.values()]}
            picked={picked}
            places={places}
            durations={durations}
            onPick={pick}
            onEnd={more}
          />
        )}
      </PanelSplit>
    </>
  );
}

function toggled(set: ReadonlySet<string>, entry: string): ReadonlySet<string> {
  const next = new Set(set);
  if (!next.delete(entry)) next.add(entry);
  return next;
}

function findSpans(nodes: Iterable<Node>, word: string): ReadonlySet<string> | null {
  const wanted = word.trim().toLowerCase();
  if (!wanted) return null;
  const found = new Set<string>();
  for (const { span } of nodes) {
    const text = [
      span.name,
      span.kind,
      span.agent,
      span.model,
      span.tool,
      span.provider,
      span.status,
      span.status_message,
      span.span_id,
    ];
    if (text.some((part) => part?.toLowerCase().includes(wanted))) found.add(span.span_id);
  }
  return found;
}
