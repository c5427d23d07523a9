// Alerts: current states, rules, episodes and silences, and what the reader does with them.
import { useMutation, useQuery } from "@tanstack/react-query";
import { get, post, remove } from "./client";
import { queryClient } from "./queries";

export interface AlertState {
  rule: string;
  group: Record<string, string>;
  state: "ok" | "pending" | "firing" | "no_data" | "error";
  severity: string;
  value: number | null;
  threshold: number;
  since: string | null;
  episode: string | null;
  error: string | null;
}

export interface AlertRule {
  name: string;
  source: "file" | "stored";
  config: Record<string, unknown>;
  effective: Record<string, unknown>;
  left_out: number;
}

export interface AlertEpisode {
  id: string;
  rule: string;
  group: Record<string, string>;
  severity: string;
  state: "firing" | "resolved" | "withdrawn";
  started_at: string;
  ended_at: string | null;
  peak: number | null;
  threshold: number;
  traces: string[];
  acknowledged_by: string | null;
  notices: { channel: string; status: string; reason: string; note: string | null }[];
}

export interface AlertSilence {
  id: string;
  matchers: Record<string, string>;
  author: string;
  reason: string;
  ends_at: string;
  active: boolean;
}

export interface AlertBacktest {
  episodes: { from: string; to: string | null }[];
  firing_s: number;
}

const KEY = "alerts";
const AGAIN_MS = 10_000;

function useAlertList<T>(path: string) {
  return useQuery({
    queryKey: [KEY, path],
    refetchInterval: AGAIN_MS,
    queryFn: ({ signal }) => get<T>(path, {}, signal),
  });
}

export const useAlertStates = () => useAlertList<{ alerts: AlertState[] }>("/alerts");
export const useAlertRules = () => useAlertList<{ rules: AlertRule[] }>("/alerts/rules");
export const useAlertHistory = () => useAlertList<{ episodes: AlertEpisode[] }>("/alerts/history");
export const useSilences = () => useAlertList<{ silences: AlertSilence[] }>("/alerts/silences");

const fresh = () => void queryClient.invalidateQueries({ queryKey: [KEY] });

export const useAcknowledge = () =>
  useMutation({
    mutationFn: (episode: string) => post<unknown>("/alerts/ack", { episode }),
    onSuccess: fresh,
  });

export const useSilence = () =>
  useMutation({
    mutationFn: (ask: { matchers: Record<string, string>; reason: string; duration: string }) =>
      post<unknown>("/alerts/silences", ask),
    onSuccess: fresh,
  });

export const useEndSilence = () =>
  useMutation({
    mutationFn: (id: string) => remove<unknown>(`/alerts/silences/${encodeURIComponent(id)}`),
    onSuccess: fresh,
  });

/** The episodes that a rule would have had in the last 30 days. */
export const useBacktest = () =>
  useMutation({
    mutationFn: (rule: Record<string, unknown>) => post<AlertBacktest>("/alerts/backtest", { rule }),
  });
