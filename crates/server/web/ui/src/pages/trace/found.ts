// What a search finds in a trace, and what a node of its graph narrows it to.
import { useDeferredValue, useEffect, useMemo, useState } from "react";
import { useTraceSearch } from "../../api/outline";
import type { Outline } from "../../lib/outline";
import { findRows, union, withAncestors } from "../../lib/tree";

const PAUSE_MS = 220;

/** A node as the address has it: "tool:search". */
export function nodeParts(node: string): { kind: string; name: string } {
  const colon = node.indexOf(":");
  return { kind: node.slice(0, colon), name: node.slice(colon + 1) };
}

const CALLS = new Set(["llm", "embedding", "rerank"]);

/** The rows that a node of the graph stands for; for an agent, all that it did. */
export function rowsOfNode(outline: Outline, node: string): number[] {
  const { kind, name } = nodeParts(node);
  const fits = (row: number): boolean => {
    switch (kind) {
      case "service":
        return true;
      case "agent":
        return (
          outline.word("agent", row) === name || (outline.kind(row) === kind && outline.name(row) === name)
        );
      case "model":
        return CALLS.has(outline.kind(row)) && (outline.word("model", row) ?? "unknown") === name;
      case "tool":
        return outline.kind(row) === kind && (outline.word("tool", row) ?? outline.name(row)) === name;
      default:
        return outline.kind(row) === kind && outline.name(row) === name;
    }
  };
  const rows: number[] = [];
  for (let row = 0; row < outline.loaded; row += 1) if (fits(row)) rows.push(row);
  return rows;
}

export interface FoundRows {
  /** Rows that were found, ascending; null while nothing is searched. */
  hits: Int32Array | null;
  /** Rows whose texts have the words, as the server told; null before it did. */
  told: readonly number[] | null;
  /** The server may find more. */
  more: boolean;
  /** Rows to show; null for all. */
  keep: Uint8Array | null;
  /** How many spans the node stands for. */
  narrowed: number;
}

export function useFound(
  traceId: string,
  outline: Outline,
  word: string,
  only: boolean,
  node: string | null,
): FoundRows {
  const { loaded } = outline;
  const calm = useDeferredValue(word);
  const [settled, setSettled] = useState(word);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(word), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [word]);
  const query = useTraceSearch(traceId, settled);
  const told = query.data && settled.trim() === calm.trim() ? query.data : null;
  const hits = useMemo(() => {
    if (!calm.trim()) return null;
    const rows = (told?.rows ?? []).filter((row) => row < loaded);
    return union(findRows(outline, calm), rows);
  }, [outline, loaded, calm, told]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `loaded` says when the columns hold more
  const nodeRows = useMemo(() => (node ? rowsOfNode(outline, node) : null), [outline, loaded, node]);
  const keep = useMemo(() => {
    if (!nodeRows && !(only && hits)) return null;
    if (!nodeRows) return withAncestors(outline, hits ?? []);
    if (!(only && hits)) return withAncestors(outline, nodeRows);
    const wanted = new Set(nodeRows);
    return withAncestors(
      outline,
      [...hits].filter((row) => wanted.has(row)),
    );
  }, [outline, nodeRows, hits, only]);
  return {
    hits,
    told: told?.rows ?? null,
    more: query.isFetching || told?.complete === false,
    keep,
    narrowed: nodeRows?.length ?? 0,
  };
}
