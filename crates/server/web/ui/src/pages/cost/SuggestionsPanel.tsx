import type { UseQueryResult } from "@tanstack/react-query";
import { useState } from "react";
import type { CostAnalysis, Suggestion } from "../../api/money";
import { Link } from "../../components/Link";
import { Answered, Panel } from "../../components/Panel";
import { compareUsd, count, usd, usdColumnPlaces, usdExact } from "../../lib/format";
import { t } from "../../lib/i18n";
import { callsText } from "../../lib/words";
import { href, usePlace } from "../../state/url";
import { byModel } from "./suggestions";

const FIRST = 5;

/** What the same calls would have cost with a cheaper model, and under which assumption. */
export function SuggestionsPanel({ query }: { query: UseQueryResult<CostAnalysis> }) {
  return (
    <Panel title={t("Cheaper models")}>
      <Answered query={query} lines={3}>
        {({ suggestions }) =>
          suggestions.length === 0 ? (
            <p className="part-empty">{t("No cheaper model is known for these calls.")}</p>
          ) : (
            <List suggestions={suggestions} />
          )
        }
      </Answered>
    </Panel>
  );
}

function List({ suggestions }: { suggestions: readonly Suggestion[] }) {
  const [all, setAll] = useState(false);
  const models = byModel(suggestions);
  const places = usdColumnPlaces(suggestions.map((entry) => entry.saves_usd));
  const assumptions = [...new Set(suggestions.map((entry) => entry.assumption))];
  return (
    <>
      <table className="slip rows">
        <thead>
          <tr>
            <th scope="col">{t("Current")}</th>
            <th scope="col" className="end">
              {t("Cost")}
            </th>
            <th scope="col" className="end">
              {t("Alternative")}
            </th>
            <th scope="col" className="end">
              {t("Saving")}
            </th>
          </tr>
        </thead>
        <tbody>
          {models.slice(0, all ? undefined : FIRST).map((choices) => (
            <Row key={`${choices[0].provider} ${choices[0].model}`} choices={choices} places={places} />
          ))}
        </tbody>
      </table>
      {models.length > FIRST ? (
        <button type="button" className="quiet-button" onClick={() => setAll(!all)}>
          {all ? t("Only the first {n}", { n: FIRST }) : t("All {n}", { n: count(models.length) })}
        </button>
      ) : null}
      {assumptions.map((text) => (
        <p key={text} className="assumption">
          {text}
        </p>
      ))}
    </>
  );
}

/** The best choice with its figures; the others by name, with what they would save. */
function Row({ choices, places }: { choices: readonly [Suggestion, ...Suggestion[]]; places: number }) {
  const { params } = usePlace();
  const rest = Object.fromEntries([...params].filter(([name]) => !["by", "measure", "per"].includes(name)));
  const [best, ...others] = choices;
  const more = others
    .sort((a, b) => compareUsd(b.saves_usd, a.saves_usd))
    .map((entry) =>
      t("{model} saves {amount}", { model: entry.to_model, amount: usd(entry.saves_usd, places) }),
    );
  return (
    <tr>
      <th scope="row" className="two-line" title={[`${best.model} → ${best.to_model}`, ...more].join("\n")}>
        <span>
          <Link href={href("/traces", { ...rest, model: best.model })} className="suggestion-from">
            {best.model}
          </Link>
          <span className="faint"> → </span>
          {best.to_model}
        </span>
        <span className="suggestion-more faint">
          {callsText(best.calls)}
          {more.length > 0 ? ` · ${t("or {others}", { others: more.join(", ") })}` : ""}
        </span>
      </th>
      <td className="figure end" title={usdExact(best.cost_usd)}>
        {usd(best.cost_usd, places)}
      </td>
      <td className="figure end" title={usdExact(best.would_cost_usd)}>
        {usd(best.would_cost_usd, places)}
      </td>
      <td className="figure end suggestion-saves" title={usdExact(best.saves_usd)}>
        {usd(best.saves_usd, places)}
      </td>
    </tr>
  );
}
