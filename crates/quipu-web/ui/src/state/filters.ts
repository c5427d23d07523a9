// The one filter bar of every page. Names are those of the API, so a filter is a query parameter and nothing more.

export interface Field {
  /** Query parameter. */
  name: string;
  label: string;
  hint: string;
  /** Whether /api/v1/facets lists its values. */
  facet: boolean;
  /** "=" for an exact value, "≥" for a lower bound. */
  sign: "=" | "≥";
}

export const FIELDS: readonly Field[] = [
  { name: "service", label: "service", hint: "service.name of the sender", facet: true, sign: "=" },
  { name: "framework", label: "framework", hint: "langgraph, crewai, …", facet: true, sign: "=" },
  { name: "agent", label: "agent", hint: "an agent that took part", facet: true, sign: "=" },
  { name: "model", label: "model", hint: "a model that was called", facet: true, sign: "=" },
  { name: "tool", label: "tool", hint: "a tool that was called", facet: true, sign: "=" },
  { name: "status", label: "status", hint: "ok, error, unset, running", facet: true, sign: "=" },
  { name: "session", label: "session", hint: "conversation or thread id", facet: true, sign: "=" },
  { name: "user", label: "user", hint: "end user id", facet: true, sign: "=" },
  { name: "project", label: "project", hint: "repository or project", facet: true, sign: "=" },
  { name: "branch", label: "branch", hint: "git branch of the agent's folder", facet: true, sign: "=" },
  { name: "commit", label: "commit", hint: "git commit, whole", facet: false, sign: "=" },
  { name: "tag", label: "tag", hint: "a tag of the trace", facet: true, sign: "=" },
  {
    name: "min_duration_ms",
    label: "duration",
    hint: "at least, as 250ms, 2s or 1m",
    facet: false,
    sign: "≥",
  },
  { name: "min_cost_usd", label: "cost", hint: "at least, in dollars, as 0.05", facet: false, sign: "≥" },
];

export interface Filter {
  field: Field;
  value: string;
}

export function fieldOf(word: string): Field | undefined {
  const wanted = word.toLowerCase();
  return FIELDS.find((field) => field.name === wanted || field.label === wanted);
}

export function activeFilters(params: URLSearchParams): Filter[] {
  return FIELDS.flatMap((field) => {
    const value = params.get(field.name);
    return value ? [{ field, value }] : [];
  });
}

/** The filter parameters, and q, as the API takes them. */
export function filterParams(params: URLSearchParams): Record<string, string> {
  const chosen: Record<string, string> = {};
  for (const { field, value } of activeFilters(params)) chosen[field.name] = value;
  const q = params.get("q");
  if (q) chosen.q = q;
  return chosen;
}

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** What was typed as the parameter's value, or null when it does not fit the field. */
export function readValue(field: Field, typed: string): string | null {
  const text = typed.trim();
  if (text === "") return null;
  if (field.name === "min_cost_usd") {
    const amount = text.replace(/^\$/, "");
    return /^\d*\.?\d+$/.test(amount) ? amount : null;
  }
  if (field.name === "min_duration_ms") {
    const match = /^(\d*\.?\d+)\s*(ms|s|m|h)?$/.exec(text);
    const unit = UNITS[match?.[2] ?? "ms"];
    return match && unit ? String(Number(match[1]) * unit) : null;
  }
  return text;
}
