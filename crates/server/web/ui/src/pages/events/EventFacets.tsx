// Facets of the events: values of each field with the number of events that a click lists.
import { useState } from "react";
import type { AskGroup } from "../../api/ask";
import { FacetMore, FacetPick, FacetSection } from "../../components/FacetParts";
import { t } from "../../lib/i18n";
import { useFolded } from "../../state/facets";
import { setParams } from "../../state/url";
import { countsOf, type EventFilters, FACET_FIELDS, type FacetField } from "./facets";

const FEW = 8;

function nameOf(field: FacetField): string {
  const names: Record<FacetField, string> = {
    level: t("Min. level"),
    type: t("Event"),
    framework: t("Framework"),
    agent: t("Agent"),
  };
  return names[field];
}

interface Props {
  groups: readonly AskGroup[] | undefined;
  isError: boolean;
  isExact: boolean;
  filters: EventFilters;
}

export function EventFacets({ groups, isError, isExact, filters }: Props) {
  const [folded, fold] = useFolded("event-facets-folded", "");
  return (
    <div className="facets">
      {FACET_FIELDS.map((field) => (
        <FacetSection
          key={field}
          name={nameOf(field)}
          named={filters[field] ? 1 : 0}
          isOpen={!folded.has(field)}
          onFold={() => fold(field)}
        >
          {groups ? (
            <Values field={field} groups={groups} filters={filters} />
          ) : (
            <p className="facet-note">{isError ? t("could not be counted") : "…"}</p>
          )}
        </FacetSection>
      ))}
      {groups && !isExact ? <p className="facet-note">{t("Rare combinations are not counted.")}</p> : null}
    </div>
  );
}

function Values({
  field,
  groups,
  filters,
}: {
  field: FacetField;
  groups: readonly AskGroup[];
  filters: EventFilters;
}) {
  const [all, setAll] = useState(false);
  const wanted = filters[field];
  const counts = countsOf(groups, filters, field);
  // A chosen value that no event has any more can still be cleared.
  const listed =
    wanted && !counts.some(({ value }) => value === wanted)
      ? [...counts, { value: wanted, count: 0 }]
      : counts;
  if (listed.length === 0) return <p className="facet-note">{t("none in this range")}</p>;
  const most = Math.max(1, ...listed.map(({ count }) => count));
  const shown = all ? listed : listed.filter(({ value }, index) => index < FEW || value === wanted);
  return (
    <ul>
      {shown.map(({ value, count }) => (
        <li key={value} className={value === wanted ? "facet-value is-wanted" : "facet-value"}>
          <FacetPick
            name={value}
            title={value}
            count={count}
            share={count / most}
            state={value === wanted ? "wanted" : ""}
            onPick={() => setParams({ [field]: value === wanted ? null : value })}
          />
        </li>
      ))}
      {listed.length > (all ? FEW : shown.length) ? (
        <FacetMore all={all} hidden={listed.length - shown.length} onToggle={() => setAll(!all)} />
      ) : null}
    </ul>
  );
}
