// A dashboard on its way from the list, a file or another dashboard to the page that edits it.
import type { DashboardBody } from "../../api/dashboards";

let waiting: DashboardBody | null = null;

export function leaveDraft(body: DashboardBody): void {
  waiting = body;
}

/** The draft that was left. It stays until another is left: a page may be drawn twice before it is shown. */
export function leftDraft(): DashboardBody | null {
  return waiting;
}

export function dropDraft(): void {
  waiting = null;
}

let change: { id: string; body: DashboardBody } | null = null;

/** A stored dashboard with a change that is not saved yet. */
export function leaveChange(id: string, body: DashboardBody): void {
  change = { id, body };
}

/** The change that was left for a dashboard. */
export const leftChange = (id: string | null): DashboardBody | null =>
  change !== null && change.id === id ? change.body : null;

export function dropChange(): void {
  change = null;
}
