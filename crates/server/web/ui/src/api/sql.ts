// SQL: the schema of the tables, and the result of one statement.
import { useMutation, useQuery } from "@tanstack/react-query";
import { type Range, resolveRange } from "../lib/time";
import { rangeOf } from "../state/url";
import { get, post } from "./client";

export interface SqlColumnInfo {
  name: string;
  type: "text" | "time" | "integer" | "real" | "usd" | "json";
  about: string;
  hidden: boolean;
}

export interface SqlTableInfo {
  name: string;
  about: string;
  columns: SqlColumnInfo[];
}

export interface SqlSchema {
  tables: SqlTableInfo[];
  functions: { name: string; usage: string; about: string }[];
}

export type SqlValue = string | number | boolean | null;

export interface SqlResult {
  columns: { name: string; type: string }[];
  rows: SqlValue[][];
  truncated: boolean;
}

export function useSqlSchema() {
  return useQuery({
    queryKey: ["sql", "schema"],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: ({ signal }) => get<SqlSchema>("/sql/schema", {}, signal),
  });
}

/** Rows that a panel of a dashboard reads. */
const PANEL_ROWS = 1_000;
/** A panel with a statement asks again no faster than this. */
const PANEL_MS = 60_000;

/** A statement with the ends of the time range, which are `:since` and `:until`. */
function send(query: string, range: Range, maxRows?: number, signal?: AbortSignal): Promise<SqlResult> {
  const rows = maxRows === undefined ? {} : { max_rows: maxRows };
  return post<SqlResult>("/sql", { query, ...resolveRange(range), ...rows }, signal);
}

/** A statement runs only when the reader says so: it may be expensive. */
export function useSql() {
  return useMutation({
    mutationFn: (query: string) => send(query, rangeOf(new URLSearchParams(window.location.search))),
  });
}

/** The statement of a panel. */
export function useSqlPanel(query: string, range: Range, refetch: boolean) {
  return useQuery({
    queryKey: ["sql", query, range],
    enabled: query.trim() !== "",
    refetchInterval: refetch ? PANEL_MS : false,
    staleTime: 30_000,
    retry: false,
    queryFn: ({ signal }) => send(query, range, PANEL_ROWS, signal),
  });
}
