// Users from three answers: what they used, what ran for them and when, and in how many sessions.
import type { Answer } from "../../api/ask";
import type { Usage, UsageRow } from "../../api/types";
import { keyOf } from "../roster/names";

export interface UserRow {
  user: string | null;
  /** Null while it is not known. */
  traces: number | null;
  failedTraces: number | null;
  sessions: number | null;
  /** Sessions that are not listed may belong to anyone. */
  atLeast: boolean;
  lastAt: string | null;
  usage: UsageRow | null;
}

const blank = (user: string | null): UserRow => ({
  user,
  traces: null,
  failedTraces: null,
  sessions: null,
  atLeast: false,
  lastAt: null,
  usage: null,
});

export function userRows(
  usage: Usage | undefined,
  traces: Answer | undefined,
  sessions: Answer | undefined,
): UserRow[] {
  const rows = new Map<string, UserRow>();
  const row = (user: string | null): UserRow => {
    const key = keyOf(user);
    const known = rows.get(key) ?? blank(user);
    rows.set(key, known);
    return known;
  };
  for (const group of usage?.groups ?? []) row(group.key.user ?? null).usage = group;
  for (const group of traces?.groups ?? []) {
    const one = row(group.key.user ?? null);
    one.traces = group.count;
    one.failedTraces = group.errors;
    one.lastAt = group.last_at;
  }
  if (sessions) {
    for (const one of rows.values()) {
      one.sessions = 0;
      one.atLeast = sessions.left_out > 0;
    }
    for (const group of sessions.groups) {
      const one = row(group.key.user ?? null);
      if (group.key.session) one.sessions = (one.sessions ?? 0) + 1;
    }
  }
  return [...rows.values()];
}
