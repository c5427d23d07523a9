// What the traces are made of: the values of each field with how many traces have them. A click filters by one.
import { useState } from "react";
import { type Scope, useFacets } from "../../api/queries";
import type { FacetValue } from "../../api/types";
import { FacetMore, FacetPick, FacetSection } from "../../components/FacetParts";
import { Icon } from "../../components/Icon";
import { t } from "../../lib/i18n";
import { chosen, toggled, without } from "../../lib/query";
import { valueName } from "../../lib/words";
import { useFolded } from "../../state/facets";
import { setFilter } from "../../state/filters";

const FIELDS = [
  "status",
  "error",
  "service",
  "framework",
  "agent",
  "model",
  "tool",
  "env",
  "version",
  "user",
  "tag",
  "project",
  "branch",
] as const;
const FOLDED_AT_FIRST = "version,user,tag,project,branch";
const FEW = 6;
const LIVE_MS = 15_000;

function nameOf(field: string): string {
  const names: Record<string, string> = {
    status: t("Status"),
    error: t("Failure"),
    service: t("Service"),
    framework: t("Framework"),
    agent: t("Agent"),
    model: t("Model"),
    tool: t("Tool"),
    env: t("Environment"),
    version: t("Version"),
    user: t("User"),
    tag: t("Tag"),
    project: t("Project"),
    branch: t("Branch"),
  };
  return names[field] ?? field;
}

/** The filter that a field's values are counted within: all of it but what it says of the field itself. */
const around = (filter: string, field: string) => without(filter, (term) => term.field?.text === field);

/** How many traces match in all, as the states sum up; null while that is unknown. */
export function useTotal(scope: Scope, refetchMs: number | false, ready: boolean): number | null {
  const [answer] = useFacets(
    [{ field: "status", filter: scope.filters.filter ?? "" }],
    scope.range,
    refetchMs,
    ready,
  );
  const values = answer?.data;
  return values && !answer.isPlaceholderData ? values.reduce((sum, value) => sum + value.traces, 0) : null;
}

interface Props {
  scope: Scope;
  following: boolean;
  /** The rows have come: they are asked for first, and the counts when the server is free again. */
  ready: boolean;
}

export function Facets({ scope, following, ready }: Props) {
  const filter = scope.filters.filter ?? "";
  const [folded, fold] = useFolded("facets-folded", FOLDED_AT_FIRST);
  const open = FIELDS.filter((field) => !folded.has(field));
  const answers = useFacets(
    open.map((field) => ({ field, filter: around(filter, field) })),
    scope.range,
    following ? LIVE_MS : false,
    ready,
  );
  return (
    <div className="facets">
      {FIELDS.map((field) => {
        const at = open.indexOf(field);
        const answer = at < 0 ? undefined : answers[at];
        return (
          <FacetSection
            key={field}
            name={nameOf(field)}
            named={chosen(filter, field).length + chosen(filter, field, true).length}
            isOpen={at >= 0}
            onFold={() => fold(field)}
          >
            {answer?.data ? (
              <Values field={field} filter={filter} values={answer.data} />
            ) : (
              <p className="facet-note">{answer?.isError ? t("could not be counted") : "…"}</p>
            )}
          </FacetSection>
        );
      })}
    </div>
  );
}

interface ValuesProps {
  field: string;
  filter: string;
  values: readonly FacetValue[];
}

function Values({ field, filter, values }: ValuesProps) {
  const [all, setAll] = useState(false);
  const wanted = chosen(filter, field);
  const refused = chosen(filter, field, true);
  const known = new Set(values.map(({ value }) => value));
  // A value that nothing has any more can still be taken out of the filter.
  const gone = [...wanted, ...refused]
    .filter((value) => !known.has(value) && !value.endsWith("*"))
    .map((value) => ({ value, traces: 0 }));
  const named = ({ value }: FacetValue) => wanted.includes(value) || refused.includes(value);
  const listed = [...values, ...gone];
  const most = Math.max(1, ...values.map((value) => value.traces));
  const shown = all ? listed : listed.filter((value, index) => index < FEW || named(value));
  if (listed.length === 0) return <p className="facet-note">{t("none in this range")}</p>;
  return (
    <ul>
      {shown.map(({ value, traces }) => (
        <Value
          key={value}
          field={field}
          value={value}
          traces={traces}
          share={traces / most}
          state={wanted.includes(value) ? "wanted" : refused.includes(value) ? "refused" : ""}
          change={(not) => setFilter(toggled(filter, field, value, not))}
        />
      ))}
      {listed.length > (all ? FEW : shown.length) ? (
        <FacetMore all={all} hidden={listed.length - shown.length} onToggle={() => setAll(!all)} />
      ) : null}
    </ul>
  );
}

interface ValueProps {
  field: string;
  value: string;
  traces: number;
  share: number;
  state: "wanted" | "refused" | "";
  change: (not: boolean) => void;
}

function Value({ field, value, traces, share, state, change }: ValueProps) {
  const failing = field === "status" && value === "error";
  return (
    <li className={`facet-value ${state ? `is-${state}` : ""} ${failing ? "is-failing" : ""}`}>
      <FacetPick
        name={valueName(field, value)}
        title={`${field}:${value}`}
        count={traces}
        share={share}
        state={state}
        onPick={() => change(state === "refused")}
      />
      <button
        type="button"
        className="icon-button"
        title={state === "refused" ? t("Remove exclusion") : t("Exclude")}
        aria-label={t("Exclude {value}", { value })}
        aria-pressed={state === "refused"}
        onClick={() => change(true)}
      >
        <Icon name="minus" size={12} />
      </button>
    </li>
  );
}
