// The choices below the filter bar, for where the caret stands.
import type { FacetValue } from "../api/types";
import { AMOUNTS, type Blank, fieldsLike, takesOr } from "../lib/completion";
import { compact } from "../lib/format";
import { t } from "../lib/i18n";
import { FIELDS, isFigure, OR, written } from "../lib/query";
import { recentFilters } from "../state/recent";

export interface Choice {
  key: string;
  group: string;
  label: string;
  hint: string;
  /** What stands in the blank then; null where the whole text becomes `label`. */
  insert: string | null;
  /** Whether the term is finished by it, so that the filter applies. */
  finished: boolean;
}

/** What a field is about, in a few words. */
export function fieldHint(field: string): string {
  const hints: Record<string, string> = {
    service: t("the sender's service.name"),
    framework: t("langgraph, crewai …"),
    agent: t("an agent that took part"),
    model: t("a model that was called"),
    tool: t("a tool that was called"),
    status: t("ok, error, unset, running"),
    session: t("conversation or thread id"),
    user: t("end user id"),
    tag: t("a tag of the trace"),
    project: t("repository or project"),
    branch: t("git branch of the agent's folder"),
    commit: t("git commit, whole"),
    convention: t("convention of the spans"),
    error: t("rate_limit, timeout, tool_error …"),
    env: t("deployment environment"),
    version: t("service.version of the sender"),
    name: t("the trace's name"),
    error_message: t("the error of a failed span"),
    "attr.": t("an attribute of a span or its resource"),
    has: t("has a value of this field"),
    duration: t("from start to end, as 2s or 250ms"),
    cost: t("in US dollars, as 0.05"),
    tokens: t("input and output together"),
    spans: t("spans of the trace"),
    calls: t("LLM calls, counted once"),
    tools: t("tool calls"),
    errors: t("failed spans"),
  };
  return hints[field] ?? "";
}

const fieldChoice = (field: string): Choice => ({
  key: `field ${field}`,
  group: isFigure(field) ? t("Figures") : t("Fields"),
  label: field === "attr." ? "attr.NAME:" : isFigure(field) ? `${field} >` : `${field}:`,
  hint: fieldHint(field),
  insert: field === "attr." ? field : isFigure(field) ? `${field}>` : `${field}:`,
  finished: false,
});

/** Joins the term before the caret to the next one. It ends no term, so the filter does not apply yet. */
const orChoice = (): Choice => ({
  key: "or",
  group: t("Operators"),
  label: OR,
  hint: t("one of the terms on both sides"),
  insert: `${OR} `,
  finished: false,
});

const traces = (count: number) => t("{n} traces", { n: compact(count), count });

/** Values of several fields that have what is typed in them. */
function namesLike(typed: string, facets: ReadonlyMap<string, readonly FacetValue[]>): Choice[] {
  const word = typed.toLowerCase();
  if (word.length < 2) return [];
  return [...facets].flatMap(([field, values]) =>
    values
      .filter(({ value }) => value.toLowerCase().includes(word))
      .slice(0, 3)
      .map(({ value, traces: count }) => ({
        key: `${field} ${value}`,
        group: t("Values"),
        label: `${field}:${written(value)}`,
        hint: traces(count),
        insert: `${field}:${written(value)}`,
        finished: true,
      })),
  );
}

function recentChoices(text: string): Choice[] {
  return recentFilters()
    .filter((filter) => filter !== text.trim())
    .slice(0, 5)
    .map((filter) => ({
      key: `recent ${filter}`,
      group: t("Recent filters"),
      label: filter,
      hint: "",
      insert: null,
      finished: true,
    }));
}

function wordChoices(
  text: string,
  blank: Blank,
  facets: ReadonlyMap<string, readonly FacetValue[]>,
): Choice[] {
  const fields = fieldsLike(blank.typed).map(fieldChoice);
  const or = takesOr(text, blank) ? [orChoice()] : [];
  if (blank.typed === "")
    return text.trim() === "" ? [...recentChoices(text), ...fields] : [...or, ...fields];
  const search: Choice = {
    key: "words",
    group: t("Full text"),
    label: t("Search for {words}", { words: blank.typed }),
    hint: t("in all text"),
    insert: blank.typed,
    finished: true,
  };
  const starting = fields.filter((choice) => choice.insert?.startsWith(blank.typed.toLowerCase()));
  return [search, ...or, ...starting, ...namesLike(blank.typed, facets)];
}

function valueChoices(blank: Blank, values: readonly FacetValue[]): Choice[] {
  const word = blank.typed.toLowerCase();
  const choice = (value: string, hint: string): Choice => ({
    key: `value ${value}`,
    group: blank.field ?? "",
    label: value,
    hint,
    insert: written(value),
    finished: true,
  });
  if (blank.field === "has")
    return FIELDS.filter((field) => field.startsWith(word)).map((field) => choice(field, fieldHint(field)));
  const fitting = values.filter(({ value }) => value.toLowerCase().includes(word));
  const first = fitting.filter(({ value }) => value.toLowerCase().startsWith(word));
  const exact = first.filter(({ value }) => value.toLowerCase() === word);
  const ordered = [
    ...exact,
    ...first.filter((value) => !exact.includes(value)),
    ...fitting.filter((value) => !first.includes(value)),
  ];
  const known = ordered.slice(0, 50).map(({ value, traces: count }) => choice(value, traces(count)));
  const several = first.length > 1 && word.length > 1 && !word.endsWith("*");
  if (!several) return known;
  const sum = first.reduce((total, { traces: count }) => total + count, 0);
  const beginning = {
    ...choice(`${blank.typed}*`, t("{n} values with this prefix", { n: first.length })),
    insert: written(blank.typed, true),
  };
  return sum > 0 ? [...known.slice(0, 1), beginning, ...known.slice(1)] : known;
}

function amountChoices(blank: Blank): Choice[] {
  const field = blank.field ?? "";
  return (AMOUNTS[field] ?? [])
    .filter((amount) => amount.startsWith(blank.typed))
    .map((amount) => ({
      key: `amount ${amount}`,
      group: field,
      label: amount,
      hint: "",
      insert: amount,
      finished: true,
    }));
}

export function choicesFor(
  text: string,
  blank: Blank,
  facets: ReadonlyMap<string, readonly FacetValue[]>,
): Choice[] {
  if (blank.kind === "amount") return amountChoices(blank);
  if (blank.kind === "value") return valueChoices(blank, facets.get(blank.field ?? "") ?? []);
  return wordChoices(text, blank, facets);
}
