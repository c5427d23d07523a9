// Which traces are chosen. The choice is of the list as it is filtered: another filter begins with none.
import { useEffect, useMemo, useState } from "react";
import type { TraceSummary } from "../../api/types";
import type { Selection } from "../../components/Grid";
import { t } from "../../lib/i18n";

/** As many as the server deletes at once. */
export const MOST_SELECTED = 1000;

export interface Chosen extends Selection {
  clear: () => void;
}

export function useSelection(rows: readonly TraceSummary[], scopeKey: string): Chosen {
  const [keys, setKeys] = useState<ReadonlySet<string>>(new Set());
  const [last, setLast] = useState<string | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another filter is another choice
  useEffect(() => setKeys(new Set()), [scopeKey]);
  const names = useMemo(() => new Map(rows.map((row) => [row.trace_id, row.name])), [rows]);
  const ids = () => rows.map((row) => row.trace_id);
  const span = (to: string): string[] => {
    const all = ids();
    const [a, b] = [all.indexOf(last ?? to), all.indexOf(to)];
    return a < 0 || b < 0 ? [to] : all.slice(Math.min(a, b), Math.max(a, b) + 1);
  };
  const toggle = (key: string, through: boolean) => {
    const next = new Set(keys);
    const adding = !keys.has(key);
    for (const id of through ? span(key) : [key]) {
      if (adding && next.size < MOST_SELECTED) next.add(id);
      else if (!adding) next.delete(id);
    }
    setKeys(next);
    setLast(key);
  };
  return {
    keys,
    toggle,
    all: () =>
      setKeys(
        keys.size >= Math.min(rows.length, MOST_SELECTED)
          ? new Set()
          : new Set(ids().slice(0, MOST_SELECTED)),
      ),
    label: (key) => t("Select {name}", { name: names.get(key) ?? key }),
    clear: () => setKeys(new Set()),
  };
}
