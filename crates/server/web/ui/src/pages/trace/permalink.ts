// What of a trace's screen lies in the address: folding, the part in view, the search, the time that is played.
import { useCallback, useEffect, useRef, useState } from "react";
import type { Folds, Interval } from "../../lib/tree";
import { setParams } from "../../state/url";

/** More rows folded by hand than this do not fit an address. */
const MOST_FLIPPED = 60;
const PAUSE_MS = 250;

function foldsOf(params: URLSearchParams): Folds {
  const level = Number(params.get("level"));
  const ids = (params.get("fold") ?? "").split(",").filter((id) => /^[0-9a-f]{16}$/.test(id));
  return { level: Number.isInteger(level) && level > 0 ? level : null, flipped: new Set(ids) };
}

function zoomOf(params: URLSearchParams): Interval | null {
  const match = /^(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)$/.exec(params.get("zoom") ?? "");
  const [from, to] = [Number(match?.[1]), Number(match?.[2])];
  return match && to > from ? [from, to] : null;
}

const short = (ms: number) => String(Math.round(ms * 1000) / 1000);

export function usePermalink() {
  const [first] = useState(() => new URLSearchParams(window.location.search));
  const [folds, setFolds] = useState<Folds>(() => foldsOf(first));
  const [zoom, setZoom] = useState<Interval | null>(() => zoomOf(first));
  const [word, setWord] = useState(first.get("find") ?? "");
  const [only, setOnly] = useState(first.has("only"));
  const firstAt = Number.parseFloat(first.get("t") ?? "");
  const pending = useRef<Record<string, string | null>>({});
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const write = useCallback((patch: Record<string, string | null>) => {
    Object.assign(pending.current, patch);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      setParams(pending.current, { replace: true });
      pending.current = {};
    }, PAUSE_MS);
  }, []);
  useEffect(() => () => clearTimeout(timer.current), []);

  const started = useRef(false);
  useEffect(() => {
    // The first state is the address's own.
    if (!started.current) return;
    const ids = folds.flipped.size > MOST_FLIPPED ? [] : [...folds.flipped];
    write({ level: folds.level === null ? null : String(folds.level), fold: ids.join(",") || null });
  }, [folds, write]);
  useEffect(() => {
    if (started.current) write({ zoom: zoom ? `${short(zoom[0])}-${short(zoom[1])}` : null });
  }, [zoom, write]);
  useEffect(() => {
    if (started.current) write({ find: word || null, only: word && only ? "1" : null });
  }, [word, only, write]);
  useEffect(() => {
    started.current = true;
  }, []);

  /** Keeps the played time, once it stands still. */
  const useAt = (at: number | null, playing: boolean) => {
    const value = at === null ? null : short(at);
    useEffect(() => {
      if (started.current && !playing) write({ t: value });
    }, [value, playing]);
  };
  return {
    folds,
    setFolds,
    zoom,
    setZoom,
    word,
    /** Whether the address came with words to find. */
    found: first.has("find"),
    setWord,
    only,
    setOnly,
    firstAt: Number.isFinite(firstAt) ? firstAt : null,
    useAt,
  };
}
