// Incidents: related episodes with an owner, notes and links.
import { useMutation } from "@tanstack/react-query";
import { type AlertEpisode, fresh, type Severity, useAlertList } from "./alerts";
import { post } from "./client";

export interface Incident {
  id: number;
  title: string;
  severity: Severity;
  state: "open" | "closed";
  opened_at: string;
  opened_by: string;
  closed_at: string | null;
  closed_by: string | null;
  owner: string | null;
  rules: string[];
  episodes: number;
  firing: number;
}

export interface IncidentMoment {
  at: string;
  kind: string;
  author: string;
  text: string;
  episode: string | null;
}

export interface IncidentFigures {
  scope: Record<string, string>;
  seconds: number;
  cost_usd: string | null;
  calls: number;
  errors: number;
  unpriced: number;
  cost_before_usd: string | null;
  calls_before: number;
  errors_before: number;
}

export interface IncidentAnswer {
  incident: Incident;
  episodes: AlertEpisode[];
  traces: string[];
  timeline: IncidentMoment[];
  figures: IncidentFigures | null;
}

export interface IncidentChange {
  title?: string;
  severity?: Severity;
  owner?: string;
  note?: string;
  episodes?: string[];
  traces?: string[];
  state?: "open" | "closed";
}

export const useIncidents = () => useAlertList<{ incidents: Incident[] }>("/incidents?limit=200");
export const useIncident = (id: string) =>
  useAlertList<IncidentAnswer>(`/incidents/${encodeURIComponent(id)}`);

export const useOpenIncident = (done: (incident: Incident) => void) =>
  useMutation({
    mutationFn: (change: IncidentChange) => post<Incident>("/incidents", change),
    onSuccess: (incident) => {
      fresh();
      done(incident);
    },
  });

export const useChangeIncident = (id: number) =>
  useMutation({
    mutationFn: (change: IncidentChange) => post<Incident>(`/incidents/${id}`, change),
    onSuccess: fresh,
  });

/** Address of the report as Markdown. */
export const reportOf = (id: number): string => `/api/v1/incidents/${id}/report`;
