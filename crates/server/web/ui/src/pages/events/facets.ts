// Counts of the facets of events, from one answer grouped by all of their fields.
import { type AskGroup, useAsk } from "../../api/ask";
import { LEVELS, type Level } from "../../api/signals";
import type { Range } from "../../lib/time";

/** Fields of the facets by their parameter of the list; the level is the lowest one. */
export const FACET_FIELDS = ["level", "type", "framework", "agent"] as const;
export type FacetField = (typeof FACET_FIELDS)[number];

/** The name of the field in `/api/v1/query`. */
const KEYS: Record<FacetField, string> = {
  level: "level",
  type: "name",
  framework: "framework",
  agent: "agent",
};
/** Most groups that the server lists. */
const MOST_GROUPS = 1_000;

export interface FacetCount {
  value: string;
  count: number;
}

/** What the facets count, and what they and the list are filtered by. */
export type EventFilters = Readonly<Record<string, string>>;

const rank = (level: string | null | undefined) => LEVELS.indexOf(level as Level);

function fits(group: AskGroup, filters: EventFilters, field: FacetField): boolean {
  const wanted = filters[field];
  if (!wanted) return true;
  const value = group.key[KEYS[field]];
  return field === "level" ? rank(value) >= rank(wanted) : value === wanted;
}

/** The groups that all filters let through, but for those of one field. */
const matching = (groups: readonly AskGroup[], filters: EventFilters, but?: FacetField) =>
  groups.filter((group) => FACET_FIELDS.every((field) => field === but || fits(group, filters, field)));

const sum = (groups: readonly AskGroup[]) => groups.reduce((total, group) => total + group.count, 0);

/** Number of events that the list has. */
export const totalOf = (groups: readonly AskGroup[], filters: EventFilters) => sum(matching(groups, filters));

/** Values of a field with the number of events that a click on each would list; the most frequent first. */
export function countsOf(
  groups: readonly AskGroup[],
  filters: EventFilters,
  field: FacetField,
): FacetCount[] {
  const within = matching(groups, filters, field);
  const values = [...new Set(within.map((group) => group.key[KEYS[field]]))].filter(
    (value): value is string => typeof value === "string" && value !== "",
  );
  const counts = values.map((value) => ({
    value,
    count: sum(within.filter((group) => fits(group, { [field]: value }, field))),
  }));
  if (field === "level") return counts.sort((a, b) => rank(b.value) - rank(a.value));
  return counts.sort((a, b) => b.count - a.count || a.value.localeCompare(b.value));
}

/** Parameters that the server counts by; the others are applied to the groups of its answer. */
const COUNTED_BY = ["q", "session"] as const;

/** All groups of the range, and whether the counts of the list's filters follow from them. */
export function useEventGroups(range: Range, filters: EventFilters, refetchMs: number | false) {
  const counted = Object.fromEntries(
    COUNTED_BY.flatMap((name) => (filters[name] ? [[name, filters[name]]] : [])),
  );
  // The query for figures has no filter by trace.
  const enabled = !filters.trace_id;
  const query = useAsk(
    { from: "events", group_by: FACET_FIELDS.map((field) => KEYS[field]), top: MOST_GROUPS },
    { range, filters: counted },
    refetchMs,
    { enabled },
  );
  const groups = enabled ? query.data?.groups : undefined;
  return { groups, isError: query.isError, isExact: query.data?.left_out === 0 };
}
