// The outline of a trace, read page by page into columns: the first page is on the screen while the rest arrives.
import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useSyncExternalStore } from "react";
import { Outline, type OutlinePage } from "../lib/outline";
import { get } from "./client";
import type { TracePage, TraceSummary } from "./types";

/** Small enough to be there at once, and all of most traces. */
const FIRST_PAGE = 2_000;
const PAGE = 5_000;
/** Screens are told of what arrived when it is so much more than before: each time they count it all again. */
const GROWTH = 1.6;
/** A trace that keeps changing while it is read is read anew this often, then shown as it came. */
const MOST_RESTARTS = 3;

/** The trace in figures, without its spans. */
export async function summaryOf(traceId: string, signal: AbortSignal): Promise<TraceSummary> {
  return (await readPage(traceId, 0, 1, signal)).trace;
}

export interface OutlineState {
  outline: Outline | null;
  /** Grows with everything that arrives. */
  revision: number;
  error: unknown;
  loading: boolean;
}

const path = (traceId: string) => `/traces/${encodeURIComponent(traceId)}`;

function readPage(traceId: string, at: number, limit: number, signal: AbortSignal): Promise<OutlinePage> {
  return get<OutlinePage>(`${path(traceId)}/outline`, { at, limit }, signal);
}

class Source {
  state: OutlineState = { outline: null, revision: 0, error: null, loading: false };
  private readonly listeners = new Set<() => void>();
  private abort: AbortController | null = null;
  private told = 0;

  private readonly traceId: string;

  constructor(traceId: string) {
    this.traceId = traceId;
  }

  readonly subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
      // Nobody looks: the rest is not needed.
      if (this.listeners.size === 0) this.stop();
    };
  };

  private become(patch: Partial<OutlineState>): void {
    this.state = { ...this.state, ...patch, revision: this.state.revision + 1 };
    this.told = this.state.outline?.loaded ?? 0;
    for (const listener of this.listeners) listener();
  }

  stop(): void {
    this.abort?.abort();
    this.abort = null;
    this.state = { ...this.state, loading: false };
  }

  /** Reads from the start; what is shown stays until as much of the new one is there. */
  async read(): Promise<void> {
    this.abort?.abort();
    const abort = new AbortController();
    this.abort = abort;
    this.become({ loading: true, error: null });
    try {
      for (let restart = 0; restart <= MOST_RESTARTS; restart += 1)
        if (await this.readAll(abort.signal, restart === MOST_RESTARTS)) break;
      this.become({ loading: false });
    } catch (error) {
      if (!abort.signal.aborted) this.become({ error, loading: false });
    }
  }

  /** False when the trace changed on the way. */
  private async readAll(signal: AbortSignal, anyway: boolean): Promise<boolean> {
    const first = await readPage(this.traceId, 0, FIRST_PAGE, signal);
    const outline = new Outline(first);
    const kept = this.state.outline;
    const enough = () => outline.complete || !kept || outline.loaded >= kept.loaded;
    if (enough()) this.become({ outline });
    let next = this.after(first, signal);
    while (next) {
      const page = await next;
      if (signal.aborted) return true;
      if (String(page.version) !== outline.version && !anyway) return false;
      if (page.at !== outline.loaded || page.ids.length === 0) break;
      // The next page is on its way while this one is read in.
      next = this.after(page, signal);
      outline.add(page);
      if (enough() && (outline.loaded > this.told * GROWTH || kept !== null)) this.become({ outline });
    }
    this.become({ outline });
    return true;
  }

  private after(page: OutlinePage, signal: AbortSignal): Promise<OutlinePage> | null {
    if (page.next_at === null || page.next_at === undefined) return null;
    const next = readPage(this.traceId, page.next_at, PAGE, signal);
    // Whoever awaits it hears of a failure; a page that is given up is nobody's.
    next.catch(() => undefined);
    return next;
  }
}

/** Outlines that were open last, so that "back" shows them at once. */
const KEPT = 3;
const sources = new Map<string, Source>();

function sourceOf(traceId: string): Source {
  const source = sources.get(traceId) ?? new Source(traceId);
  sources.delete(traceId);
  sources.set(traceId, source);
  for (const [id, old] of sources) {
    if (sources.size <= KEPT) break;
    old.stop();
    sources.delete(id);
  }
  return source;
}

export function useOutline(traceId: string): OutlineState & { reload: () => Promise<void> } {
  const source = sources.get(traceId) ?? sourceOf(traceId);
  const state = useSyncExternalStore(source.subscribe, () => source.state);
  useEffect(() => {
    void sourceOf(traceId).read();
  }, [traceId]);
  const reload = useCallback(() => sourceOf(traceId).read(), [traceId]);
  return { ...state, reload };
}

export interface Found {
  /** Row numbers of the outline. */
  rows: number[];
  /** False when the server stopped before the end of a very large trace. */
  complete: boolean;
}

/** Rows whose names, messages, arguments or errors hold the words. */
export function useTraceSearch(traceId: string, words: string) {
  return useQuery({
    queryKey: ["trace-search", traceId, words],
    enabled: words.trim().length > 1,
    staleTime: 30_000,
    placeholderData: undefined,
    retry: false,
    queryFn: ({ signal }) => get<Found>(`${path(traceId)}/search`, { q: words.trim() }, signal),
  });
}

export interface GraphNode {
  id: string;
  kind: string;
  name: string;
  calls: number;
  errors: number;
  tokens: number | null;
  cost_usd: string | null;
  duration_ms: number | null;
  /** Tool runs that no span tells of; the calls leave them out. */
  inferred?: number;
}

export interface GraphEdge {
  from: string;
  to: string;
  calls: number;
  errors: number;
  /** Times that one agent handed its work over to the other. */
  handoffs?: number;
  tokens: number | null;
  cost_usd: string | null;
  duration_ms: number | null;
  inferred?: number;
}

export interface Graph {
  /** False when not all spans of a very large trace were looked at. */
  complete?: boolean;
  nodes: GraphNode[];
  edges: GraphEdge[];
}

/** Who called whom in a trace: agents, tools and models. */
export function useTraceGraph(traceId: string, version: string) {
  return useQuery({
    queryKey: ["trace-graph", traceId, version],
    staleTime: 60_000,
    queryFn: ({ signal }) => get<Graph>(`${path(traceId)}/graph`, {}, signal),
  });
}

/** Spans with their messages, in order of start, one page of them. */
export function readFullSpans(traceId: string, after: string, limit: number, signal: AbortSignal) {
  return get<TracePage>(path(traceId), { detail: "full", limit, after }, signal);
}
