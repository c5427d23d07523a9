import type { Suggestion } from "../../api/money";
import { compareUsd } from "../../lib/format";

export type Choices = readonly [Suggestion, ...Suggestion[]];

/** The choices for each model that was called, the one that saves most first; models in the same order. */
export function byModel(suggestions: readonly Suggestion[]): Choices[] {
  const models = new Map<string, [Suggestion, ...Suggestion[]]>();
  for (const entry of [...suggestions].sort((a, b) => compareUsd(b.saves_usd, a.saves_usd))) {
    const key = `${entry.provider ?? ""}\u0000${entry.model}`;
    const known = models.get(key);
    if (known) known.push(entry);
    else models.set(key, [entry]);
  }
  return [...models.values()];
}
