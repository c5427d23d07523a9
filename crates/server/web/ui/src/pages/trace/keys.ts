// Walking a trace by keys.
import { useEffect, useRef } from "react";
import type { Outline } from "../../lib/outline";
import { type Folds, type Interval, isFolded, placeOf, type Shown } from "../../lib/tree";
import { useKeys } from "../../state/keys";
import { back, href } from "../../state/url";

interface Walk {
  outline: Outline;
  shown: Shown;
  folds: Folds;
  /** Whether rows are on the screen. */
  rows: boolean;
  at: number;
  picked: number;
  hits: Int32Array | null;
  searching: boolean;
  played: boolean;
  total: number;
  go: (row: number) => void;
  open: (row: number) => void;
  close: () => void;
  fold: (row: number) => void;
  setZoom: (zoom: Interval | null) => void;
  clearSearch: () => void;
  play: () => void;
  endPlay: () => void;
}

/** A span that is open follows the cursor, once it rests. */
const REST_MS = 110;

const onControl = (event: KeyboardEvent) =>
  event.target instanceof HTMLElement && event.target.closest("button, a, select, summary, label") !== null;

/** Binds the keys; gives the step to the next or the previous hit. */
export function useWalk(walk: Walk): (direction: number) => void {
  const latest = useRef(walk);
  latest.current = walk;
  const rest = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(rest.current), []);
  const moveTo = (row: number) => {
    const { go, open, picked } = latest.current;
    go(row);
    clearTimeout(rest.current);
    if (picked >= 0) rest.current = setTimeout(() => open(row), REST_MS);
  };
  const next = (direction: number) => {
    const { hits, at } = latest.current;
    if (!hits || hits.length === 0) return;
    const place = placeOf(hits, at);
    const exact = hits[place] === at;
    const to = direction > 0 ? place + 1 : exact ? place - 1 : place;
    const row = hits[(to + hits.length) % hits.length];
    if (row !== undefined) moveTo(row);
  };
  useKeys(keysOf(latest, moveTo, next));
  return next;
}

function keysOf(
  latest: { current: Walk },
  moveTo: (row: number) => void,
  next: (direction: number) => void,
): Record<string, (event: KeyboardEvent) => void> {
  const inRows = (act: (walk: Walk) => void) => (event: KeyboardEvent) => {
    if (!latest.current.rows || latest.current.shown.rows.length === 0) return;
    event.preventDefault();
    act(latest.current);
  };
  const step = (by: number) =>
    inRows(({ shown, at }) => {
      const place = Math.max(
        0,
        Math.min(shown.rows.length - 1, (at < 0 ? -1 : placeOf(shown.rows, at)) + by),
      );
      moveTo(shown.rows[place] ?? 0);
    });
  const sideways = (into: boolean) =>
    inRows(({ outline, folds, at, fold }) => {
      if (at < 0) return;
      const folded = isFolded(outline, at, folds);
      if (outline.hasChildren(at) && into === folded) fold(at);
      else if (into && outline.hasChildren(at)) moveTo(at + 1);
      else if (!into && (outline.parent[at] ?? -1) >= 0) moveTo(outline.parent[at] ?? 0);
    });
  const hit = (direction: number) => (event: KeyboardEvent) => {
    if (!latest.current.rows || !latest.current.hits) return;
    event.preventDefault();
    next(direction);
  };
  const zoom = inRows(({ outline, at, total, setZoom }) => {
    if (at < 0) return;
    const length = Math.max(outline.endOf(at, total) - outline.startOf(at), total / 1e6);
    const from = Math.max(0, outline.startOf(at) - length * 0.05);
    setZoom([from, Math.min(total, from + length * 1.1)]);
  });
  return {
    j: step(1),
    k: step(-1),
    ArrowDown: step(1),
    ArrowUp: step(-1),
    l: sideways(true),
    h: sideways(false),
    ArrowRight: sideways(true),
    ArrowLeft: sideways(false),
    Home: inRows(({ shown }) => moveTo(shown.rows[0] ?? 0)),
    End: inRows(({ shown }) => moveTo(shown.rows[shown.rows.length - 1] ?? 0)),
    n: hit(1),
    p: hit(-1),
    z: zoom,
    "0": inRows(({ setZoom }) => setZoom(null)),
    Enter: (event) => {
      const { rows, at, open } = latest.current;
      if (!rows || at < 0 || onControl(event)) return;
      event.preventDefault();
      open(at);
    },
    " ": (event) => {
      if (onControl(event)) return;
      event.preventDefault();
      latest.current.play();
    },
    Escape: (event) => {
      event.preventDefault();
      const { picked, searching, played, close, clearSearch, endPlay } = latest.current;
      if (picked >= 0) close();
      else if (searching) clearSearch();
      else if (played) endPlay();
      else back(href("/traces"));
    },
  };
}
