// Which traces stand behind a panel and its parts.
import type { AskGroup } from "../../api/ask";
import type { DashboardPanel, PanelFrom } from "../../api/dashboards";
import { isField, joined, type Narrowing, narrowed } from "../../lib/query";
import { href } from "../../state/url";
import { filled } from "./model";

const WHOSE: Partial<Record<PanelFrom, Narrowing>> = {
  calls: { calls: ">0" },
  tools: { tools: ">0" },
  agents: {},
  failures: { status: "error" },
};

/** The traces behind a panel, or behind one of its groups. */
export function tracesBehind(
  panel: DashboardPanel,
  variables: Record<string, string>,
  filter: string | undefined,
  group?: AskGroup,
): string {
  if (panel.from === "sql") return href("/sql", { statement: panel.sql });
  const text = joined(filter ?? "", filled(panel.filter, variables));
  const by: Narrowing = { ...(panel.measure.startsWith("error") ? { status: "error" } : WHOSE[panel.from]) };
  for (const [field, value] of Object.entries(group?.key ?? {})) {
    // Of a span its name and status are not those of its trace.
    const own = panel.from === "traces" || (field !== "name" && field !== "status");
    if (isField(field) && own) by[field] = value;
  }
  const narrowing = narrowed(text, by);
  const sort = panel.measure === "cost" ? "-cost" : undefined;
  return panel.from === "events"
    ? href("/events")
    : href("/traces", { filter: narrowing || undefined, sort });
}
