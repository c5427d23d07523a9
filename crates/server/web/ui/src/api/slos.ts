// Objectives and service level reports.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useAlertList } from "./alerts";
import { get, withParams } from "./client";
import type { Incident } from "./incidents";

export interface Slo {
  name: string;
  objective: number;
  measured: number | null;
  budget_left: number | null;
  burn_1h: number | null;
  burn_6h: number | null;
  burn_3d: number | null;
  state: "ok" | "burning" | "exhausted" | "unknown";
}

export interface SloAnswer {
  slo: Slo;
  of: string;
  good: string;
  within_ms: number | null;
  period: string;
  records: number;
  bad: number;
  allowed: number;
  days: { at: string; records: number; bad: number; budget_left: number | null }[];
  windows: {
    long: string;
    short: string;
    line: number;
    burn_long: number | null;
    burn_short: number | null;
    burns: boolean;
  }[];
  rules: string[];
}

export interface SloReportRow {
  name: string;
  objective: number;
  verdict: "met" | "missed" | "unknown";
  measured: number | null;
  records: number;
  bad: number;
  allowed: number;
  budget_left: number | null;
  days_without: number;
  episodes: number;
  firing_s: number;
}

export interface SloReport {
  period: string;
  since: string;
  until: string;
  partial: boolean;
  objectives: SloReportRow[];
  incidents: Incident[];
}

export const useSlos = () => useAlertList<{ slos: Slo[] }>("/slos");
export const useSlo = (name: string) => useAlertList<SloAnswer>(`/slos/${encodeURIComponent(name)}`);

export const useSloReport = (period: string) =>
  useQuery({
    queryKey: ["slo-report", period],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => get<SloReport>("/slos/report", { period }, signal),
  });

/** Address of the report as a file. */
export const reportFile = (period: string, format: "html" | "markdown" | "json"): string =>
  withParams("/api/v1/slos/report", { period, format });
