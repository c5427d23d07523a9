// Page of one trace: its steps, their times, and their cost.
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useOutline } from "../../api/outline";
import { FindWords, findWords } from "../../components/Marked";
import { PanelSplit } from "../../components/PanelSplit";
import { Failure, Loading, Trouble } from "../../components/States";
import { walkCriticalPath } from "../../lib/critical";
import { count, duration, durationsUpTo } from "../../lib/format";
import { t } from "../../lib/i18n";
import type { Outline } from "../../lib/outline";
import { foldedRepeats, type Repeat, repeatsOf, revealRepeats } from "../../lib/repeats";
import { failedBelow, flip, reveal, shownRows } from "../../lib/tree";
import { useNarrow } from "../../state/screen";
import { setParams, usePlace } from "../../state/url";
import { Chips } from "./Chips";
import { placesOf } from "./cells";
import { useTraceChanges } from "./changes";
import { Digest } from "./Digest";
import { type FoundRows, useFound } from "./found";
import { useWalk } from "./keys";
import { Minimap } from "./Minimap";
import { PlayerBar } from "./PlayerBar";
import { usePermalink } from "./permalink";
import { fittingSpeed, idleGaps, startedBy, useByStart, usePlayer } from "./playback";
import { SpanPanel } from "./SpanPanel";
import { SpanTable } from "./SpanTable";
import { TraceHead } from "./TraceHead";
import { VIEWS, ViewBar } from "./ViewBar";
import { STUCK_MS, Waterfall } from "./Waterfall";
import { usePieces } from "./work";

const Conversation = lazy(async () => ({ default: (await import("./Conversation")).Conversation }));
const GraphView = lazy(async () => ({ default: (await import("./GraphView")).GraphView }));
const Diff = lazy(async () => ({ default: (await import("./Diff")).Diff }));

export function Trace({ traceId }: { traceId: string }) {
  const other = usePlace().params.get("diff");
  if (other)
    return (
      <Suspense fallback={<Loading what={t("Reading both traces")} />}>
        <Diff key={other} left={traceId} right={other} />
      </Suspense>
    );
  return <Opened traceId={traceId} />;
}

function Opened({ traceId }: { traceId: string }) {
  const state = useOutline(traceId);
  const changes = useTraceChanges(traceId, state.outline?.trace, state.reload);
  if (!state.outline)
    return state.error ? (
      <Failure error={state.error} retry={state.reload} />
    ) : (
      <Loading what={t("Reading the trace")} />
    );
  return (
    <OneTrace
      traceId={traceId}
      outline={state.outline}
      error={state.error}
      loading={state.loading}
      reload={state.reload}
      changed={changes.waiting ? changes.reload : null}
    />
  );
}

interface Props {
  traceId: string;
  outline: Outline;
  error: unknown;
  loading: boolean;
  reload: () => void;
  /** Given when it has changed and waits to be asked for. */
  changed: (() => void) | null;
}

const LARGE = 5_000;

function OneTrace({ traceId, outline, error, loading, reload, changed }: Props) {
  const { params } = usePlace();
  const narrow = useNarrow();
  const { loaded } = outline;
  const view = VIEWS.find((entry) => entry === params.get("view")) ?? "waterfall";
  const { now, total, stuck } = useHorizon(outline);
  const link = usePermalink();
  const { folds, setFolds, zoom, setZoom } = link;

  const path = usePieces(() => walkCriticalPath(outline), outline, outline.complete);
  // biome-ignore-start lint/correctness/useExhaustiveDependencies: `loaded` says when the columns hold more
  const places = useMemo(() => placesOf(outline), [outline, loaded]);
  const below = useMemo(() => failedBelow(outline), [outline, loaded]);
  const deepest = useMemo(() => deepestOf(outline), [outline, loaded]);
  // biome-ignore-end lint/correctness/useExhaustiveDependencies: as above
  const durations = useMemo(() => durationsUpTo(total), [total]);
  const found = useFound(traceId, outline, link.word, link.only, params.get("node"));
  const repeated = useRepeats(outline, loaded);
  const { revealRow } = repeated;

  const { player, state: play } = usePlayer(total, link.firstAt);
  link.useAt(play.at, play.playing);
  const order = useByStart(outline, loaded, play.at !== null);
  const begun = order && play.at !== null ? startedBy(outline, order, play.at) : loaded;
  const played = play.at !== null;
  // A search and a replay show every step.
  const unfolded = played || found.hits !== null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above
  const shown = useMemo(
    () => shownRows(outline, folds, found.keep, unfolded ? [] : repeated.folded),
    [outline, loaded, folds, found.keep, unfolded, repeated.folded],
  );
  useEffect(() => {
    if (played && outline.complete) player.gaps = idleGaps(outline, total);
  }, [player, outline, outline.complete, total, played]);

  const picked = outline.rowOf(params.get("span"));
  const [cursor, setCursor] = useState(-1);
  const [wanted, setWanted] = useState(0);
  const at = cursor >= 0 && cursor < loaded ? cursor : picked;
  const go = useCallback(
    (row: number) => {
      setCursor(row);
      setFolds((old) => reveal(outline, row, old));
      revealRow(row);
      setWanted((old) => old + 1);
    },
    [outline, setFolds, revealRow],
  );
  // A span named by the address is brought into view once it is there.
  const firstPick = useRef(true);
  useEffect(() => {
    if (!firstPick.current || picked < 0) return;
    firstPick.current = false;
    go(picked);
  }, [picked, go]);
  const open = useCallback(
    (row: number) => {
      setCursor(row);
      setParams({ span: outline.ids[row] ?? null }, { replace: true });
    },
    [outline],
  );
  const reach = useCallback(
    (row: number) => {
      go(row);
      open(row);
    },
    [go, open],
  );
  const close = useCallback(() => setParams({ span: null }, { replace: true }), []);
  const fold = useCallback(
    (row: number) => setFolds((old) => flip(old, outline.ids[row] ?? "")),
    [outline, setFolds],
  );
  const startPlaying = useCallback(() => {
    if (player.state.at === null) player.set({ speed: fittingSpeed(total) });
    player.toggle();
  }, [player, total]);
  const next = useWalk({
    outline,
    shown,
    folds,
    rows: view === "waterfall" || view === "tree",
    at,
    picked,
    hits: found.hits,
    searching: link.word !== "",
    played,
    go,
    open,
    close,
    fold,
    setZoom,
    total,
    clearSearch: () => link.setWord(""),
    play: startPlaying,
    endPlay: () => player.end(),
  });

  const words = useMemo(() => findWords(link.word), [link.word]);
  useFirstFound(found, link.found, picked, reach);

  const panel =
    picked >= 0 ? (
      <SpanPanel traceId={traceId} outline={outline} row={picked} now={now} onClose={close} onRow={reach} />
    ) : narrow || view === "graph" ? null : (
      <Digest
        traceId={traceId}
        outline={outline}
        loaded={loaded}
        path={path}
        total={total}
        places={places}
        onPick={reach}
      />
    );
  const bars = view === "waterfall";
  return (
    <FindWords.Provider value={words}>
      <TraceHead trace={outline.trace} reload={changed} stuck={stuck} />
      <ViewBar
        view={view}
        word={link.word}
        onWord={link.setWord}
        found={
          found.hits ? { many: found.hits.length, at: placeAmong(found.hits, at), more: found.more } : null
        }
        onNext={next}
        only={link.only}
        onOnly={link.setOnly}
        level={folds.level}
        deepest={deepest}
        onLevel={(level) => setFolds({ level, flipped: new Set() })}
        playing={play.playing}
        onPlay={startPlaying}
      />
      {play.at !== null && view !== "table" && view !== "tree" ? (
        <PlayerBar
          player={player}
          play={play}
          total={total}
          begun={t("{begun} of {all} spans begun", { begun: count(begun), all: count(outline.total) })}
        />
      ) : null}
      <Chips node={params.get("node")} matched={found.narrowed} onClear={() => setParams({ node: null })} />
      {outline.total < outline.trace.spans && outline.complete ? (
        <p className="narrowed" role="status">
          {t("Showing the first {n} of {all} spans, the limit for one trace.", {
            n: count(outline.total),
            all: count(outline.trace.spans),
          })}
        </p>
      ) : null}
      {error ? <Trouble error={error} retry={reload} /> : null}
      <PanelSplit panel={panel} covers={narrow && picked >= 0}>
        <div className="trace-main">
          {bars ? (
            <Minimap
              outline={outline}
              loaded={loaded}
              total={total}
              zoom={zoom}
              onZoom={setZoom}
              hits={found.hits}
              player={player}
            />
          ) : null}
          {bars || view === "tree" ? (
            <Waterfall
              key={view}
              outline={outline}
              loaded={loaded}
              shown={shown}
              folds={folds}
              repeats={unfolded ? NO_REPEATS : repeated.all}
              openRepeats={repeated.open}
              onRepeat={repeated.flip}
              failedBelow={below}
              total={total}
              zoom={zoom}
              onZoom={setZoom}
              path={path}
              cursor={at}
              wanted={wanted}
              picked={picked}
              hits={found.hits}
              player={player}
              play={play}
              following={order ? (order[begun - 1] ?? -1) : -1}
              words={!bars}
              places={places}
              durations={durations}
              now={now}
              onOpen={open}
              onFold={fold}
            />
          ) : view === "table" ? (
            <SpanTable
              outline={outline}
              loaded={loaded}
              keep={found.keep}
              picked={params.get("span")}
              places={places}
              durations={durations}
              onPick={open}
            />
          ) : (
            <Suspense fallback={<Loading what={t("Opening the view")} />}>
              {view === "graph" ? (
                <GraphView
                  traceId={traceId}
                  outline={outline}
                  loaded={loaded}
                  at={play.at}
                  total={total}
                  onNarrow={(node) => setParams({ view: null, node })}
                />
              ) : (
                <Conversation
                  traceId={traceId}
                  outline={outline}
                  at={play.at}
                  picked={params.get("span")}
                  places={places}
                  onPick={(id) => setParams({ span: id }, { replace: true })}
                />
              )}
            </Suspense>
          )}
          {loading && !outline.complete ? (
            <p className="arriving" role="status">
              {t("{loaded} of {total} spans read …", { loaded: count(loaded), total: count(outline.total) })}
            </p>
          ) : null}
        </div>
      </PanelSplit>
    </FindWords.Provider>
  );
}

const NO_REPEATS: ReadonlyMap<number, Repeat> = new Map();

/** Runs of equal steps, and which of them are open. */
function useRepeats(outline: Outline, loaded: number) {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  // biome-ignore lint/correctness/useExhaustiveDependencies: `loaded` says when the columns hold more
  const all = useMemo(() => repeatsOf(outline), [outline, loaded]);
  const folded = useMemo(() => foldedRepeats(outline, all, open), [outline, all, open]);
  const revealRow = useCallback(
    (row: number) => setOpen((old) => revealRepeats(outline, all, row, old)),
    [outline, all],
  );
  const flip = useCallback(
    (row: number) =>
      setOpen((old) => {
        const next = new Set(old);
        const id = outline.ids[row] ?? "";
        if (!next.delete(id)) next.add(id);
        return next;
      }),
    [outline],
  );
  return { all, open, folded, flip, revealRow };
}

/** An address with words to find and no span opens the first span that has them: below others, where the words stand. */
function useFirstFound(
  found: FoundRows,
  sought: boolean,
  picked: number,
  reach: (row: number) => void,
): void {
  const waits = useRef(sought && picked < 0);
  useEffect(() => {
    if (!waits.current) return;
    if (picked >= 0) waits.current = false;
    const row = found.told?.[0];
    if (!waits.current || row === undefined) return;
    waits.current = false;
    reach(row);
  }, [found.told, picked, reach]);
}

function deepestOf(outline: Outline): number {
  let deepest = 0;
  for (let row = 0; row < outline.loaded; row += 1) deepest = Math.max(deepest, outline.depth[row] ?? 0);
  return deepest;
}

/** Where `row` stands among the hits, from 1; 0 when it is none of them. */
function placeAmong(hits: Int32Array, row: number): number {
  return hits.indexOf(row) + 1;
}

/** Where the time axis ends: at the last thing known, or now while something runs and is heard of. */
function useHorizon(outline: Outline) {
  const running = outline.running > 0;
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (!running) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), outline.total > LARGE ? 5000 : 1000);
    return () => clearInterval(timer);
  }, [running, outline]);
  const silent = now - Date.parse(outline.trace.started_at) - outline.last;
  const alive = running && silent < STUCK_MS;
  return {
    now,
    // Bars without an end need room to go on.
    total: Math.max(outline.last + (alive ? Math.max(0, silent) : running ? outline.last / 12 : 0), 1e-3),
    stuck: running && !alive ? t("still running, no data for {time}", { time: duration(silent) }) : null,
  };
}
