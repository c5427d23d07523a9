// Where a refusal of the server belongs: its detail names the field, as "panels.3.filter: …" or "panels[3].filter: …".
import { Problem } from "../../api/client";
import type { DashboardPanel } from "../../api/dashboards";

export interface Refusals {
  /** Of the whole dashboard, by field. */
  of: Partial<Record<string, string>>;
  /** Of a panel, by its id and field. */
  panels: Record<string, Partial<Record<string, string>>>;
  /** What belongs to no field. */
  rest: unknown;
}

const PANEL = /panels?[.[\s]+["'`]?([\w-]+)["'`]?\]?[.:\s]+(\w+)\b[`"']?\s*[:\s]\s*(.*)$/s;
const PLAIN = /^\W*(title|description|range|variables|panels)\b[\w.[\]]*\W*[:\s]\s*(.*)$/s;

export function refusalsOf(error: unknown, panels: readonly DashboardPanel[]): Refusals {
  const none: Refusals = { of: {}, panels: {}, rest: error ?? null };
  if (!(error instanceof Problem) || error.status < 400 || error.status >= 500 || error.status === 409)
    return none;
  const inPanel = PANEL.exec(error.detail);
  const name = inPanel?.[1] ?? "";
  const panel =
    panels.find((one) => one.id === name) ?? (/^\d+$/.test(name) ? panels[Number(name)] : undefined);
  if (inPanel && panel)
    return { of: {}, panels: { [panel.id]: { [inPanel[2] ?? ""]: inPanel[3] ?? "" } }, rest: null };
  const plain = PLAIN.exec(error.detail);
  if (plain?.[1]) return { of: { [plain[1]]: plain[2] ?? "" }, panels: {}, rest: error };
  return none;
}
