// Dashboards that people put together, kept by the server for everyone who uses it.
import { useMutation, useQuery } from "@tanstack/react-query";
import type { From } from "./ask";
import { get, put, remove } from "./client";
import { queryClient } from "./queries";

export const PANEL_TYPES = [
  "line",
  "area",
  "bar",
  "stat",
  "table",
  "heatmap",
  "histogram",
  "box",
  "pie",
  "gauge",
] as const;
export type PanelType = (typeof PANEL_TYPES)[number];

/** A source of figures, or a statement of SQL. */
export type PanelFrom = From | "sql";

export interface DashboardPanel {
  id: string;
  title: string;
  type: PanelType;
  /** Place and size on a grid of twelve columns. */
  x: number;
  y: number;
  w: number;
  h: number;
  from: PanelFrom;
  /** The statement, where `from` is "sql". */
  sql?: string;
  filter: string;
  group_by: string[];
  step: string;
  measure: string;
  name?: string;
  agg?: string;
  top?: number;
  stacked?: boolean;
  /** In the unit of the measure: shares from 0 to 1, times in milliseconds, costs in dollars. */
  target?: number;
}

/** A drop-down whose choice stands for `$name` in the filters of the panels. */
export interface DashboardVariable {
  name: string;
  label: string;
  field: string;
  default?: string | null;
}

export interface DashboardBody {
  title: string;
  description: string;
  range?: string | null;
  variables: DashboardVariable[];
  panels: DashboardPanel[];
}

export interface Dashboard extends DashboardBody {
  id: string;
  built_in: boolean;
  updated_at: string | null;
}

export interface DashboardEntry {
  id: string;
  title: string;
  description: string;
  panels: number;
  built_in: boolean;
  updated_at: string | null;
}

const path = (id: string) => `/dashboards/${encodeURIComponent(id)}`;

export function useDashboards() {
  return useQuery({
    queryKey: ["dashboards"],
    queryFn: async ({ signal }) =>
      (await get<{ dashboards: DashboardEntry[] }>("/dashboards", {}, signal)).dashboards,
  });
}

export const readDashboard = (id: string, signal?: AbortSignal) => get<Dashboard>(path(id), {}, signal);

export function useDashboard(id: string | null) {
  return useQuery({
    queryKey: ["dashboard", id],
    enabled: id !== null,
    placeholderData: undefined,
    staleTime: 30_000,
    queryFn: ({ signal }) => readDashboard(id ?? "", signal),
  });
}

/** What the server takes: nothing that it adds by itself, and nothing of a panel that it does not use. */
export function bodyOf(dashboard: DashboardBody): DashboardBody {
  const { title, description, range, variables, panels } = dashboard;
  return {
    title,
    description,
    range: range ?? null,
    variables: variables.map(({ name, label, field, default: first }) => ({
      name,
      label,
      field,
      default: first ?? null,
    })),
    panels: panels.map((panel) => ({
      id: panel.id,
      title: panel.title,
      type: panel.type,
      x: panel.x,
      y: panel.y,
      w: panel.w,
      h: panel.h,
      from: panel.from,
      ...(panel.from === "sql" ? { sql: panel.sql ?? "" } : {}),
      filter: panel.filter,
      group_by: panel.group_by,
      step: panel.step,
      measure: panel.measure,
      ...(panel.name ? { name: panel.name } : {}),
      ...(panel.agg ? { agg: panel.agg } : {}),
      ...(panel.top ? { top: panel.top } : {}),
      ...(panel.stacked ? { stacked: true } : {}),
      ...(panel.target === undefined || panel.target === null ? {} : { target: panel.target }),
    })),
  };
}

function changed(id: string): void {
  void queryClient.invalidateQueries({ queryKey: ["dashboards"] });
  void queryClient.invalidateQueries({ queryKey: ["dashboard", id] });
}

export function useSaveDashboard() {
  return useMutation({
    mutationFn: ({ id, body }: { id: string; body: DashboardBody }) =>
      put<Dashboard | undefined>(path(id), bodyOf(body)),
    onSuccess: (_, { id }) => changed(id),
  });
}

export function useDeleteDashboard() {
  return useMutation({
    mutationFn: (id: string) => remove<unknown>(path(id)),
    onSuccess: (_, id) => changed(id),
  });
}
