// SQL: the schema of the tables, and the result of one statement.
import { useMutation, useQuery } from "@tanstack/react-query";
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

/** A statement runs only when the reader says so: it may be expensive. */
export function useSql() {
  return useMutation({ mutationFn: (query: string) => post<SqlResult>("/sql", { query }) });
}
