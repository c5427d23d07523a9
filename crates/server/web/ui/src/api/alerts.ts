// Alerts: current states, rules, episodes, silences and channels, and what the reader does with them.
import { useMutation, useQuery } from "@tanstack/react-query";
import { get, post, put, remove } from "./client";
import { queryClient } from "./queries";

export type Severity = "info" | "warning" | "critical";
export const SEVERITIES = ["info", "warning", "critical"] as const;

export interface AlertState {
  rule: string;
  group: Record<string, string>;
  state: "ok" | "pending" | "firing" | "no_data" | "error";
  severity: Severity;
  value: number | null;
  threshold: number;
  since: string | null;
  episode: string | null;
  error: string | null;
}

export interface AlertStates {
  /** Firing ones first; the server cuts the list at 1,000 rows. */
  alerts: AlertState[];
  /** Groups in each state, whether they are in the list or not. */
  counts: Record<AlertState["state"], number>;
}

/** The keys of a rule that the screens read; others are kept as they are. */
export interface RuleKeys {
  [key: string]: unknown;
  preset?: string;
  kind?: string;
  quantile?: string;
  filter?: string;
  sql?: string;
  group_by?: string[];
  window?: string;
  above?: number;
  below?: number;
  for?: string;
  severity?: Severity;
  channels?: string[];
  summary?: string;
}

export interface AlertRule {
  name: string;
  source: "file" | "stored";
  config: RuleKeys;
  effective: RuleKeys;
  left_out: number;
}

export interface AlertChannel {
  name: string;
  kind: string;
}

/** A rule that ships with Quipu. */
export interface AlertPreset {
  name: string;
  summary: string;
  config: RuleKeys;
}

export interface AlertEpisode {
  id: string;
  rule: string;
  group: Record<string, string>;
  severity: Severity;
  state: "firing" | "resolved" | "withdrawn";
  started_at: string;
  ended_at: string | null;
  peak: number | null;
  threshold: number;
  traces: string[];
  acknowledged_by: string | null;
  acknowledged_at: string | null;
  notices: { channel: string; status: string; reason: string; note: string | null }[];
}

export interface AlertFigures {
  episodes: number;
  firing: number;
  withdrawn: number;
  acknowledged: number;
  mtta_s: number | null;
  mttr_s: number | null;
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
  episodes: { group: Record<string, string>; from: string; to: string | null; peak: number | null }[];
  firing_s: number;
  every_ms: number;
  threshold: number;
  side: "above" | "below";
  curve: { at: string; value: number }[];
}

export const ALERTS = "alerts";
const AGAIN_MS = 10_000;

export function useAlertList<T>(path: string) {
  return useQuery({
    queryKey: [ALERTS, path],
    refetchInterval: AGAIN_MS,
    queryFn: ({ signal }) => get<T>(path, {}, signal),
  });
}

export const useAlertStates = () => useAlertList<AlertStates>("/alerts");
export const useAlertRules = () =>
  useAlertList<{ rules: AlertRule[]; channels: AlertChannel[]; presets?: AlertPreset[] }>("/alerts/rules");
export const useAlertHistory = (days: number) =>
  useAlertList<{ episodes: AlertEpisode[]; figures: AlertFigures }>(
    `/alerts/history?since=-${days}d&limit=200`,
  );
export const useSilences = () => useAlertList<{ silences: AlertSilence[] }>("/alerts/silences");

export const fresh = () => void queryClient.invalidateQueries({ queryKey: [ALERTS] });

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

export const useTestNotice = () =>
  useMutation({
    mutationFn: (channel: string) =>
      post<{ delivered: boolean; error: string | null }>("/alerts/fire", { channel }),
  });

const ruleAddress = (name: string) => `/alerts/rules/${encodeURIComponent(name)}`;

export const useSaveRule = (done: () => void) =>
  useMutation({
    mutationFn: ({ name, config }: { name: string; config: RuleKeys }) =>
      put<unknown>(ruleAddress(name), config),
    onSuccess: () => {
      fresh();
      done();
    },
  });

export const useRemoveRule = (done: () => void) =>
  useMutation({
    mutationFn: (name: string) => remove<unknown>(ruleAddress(name)),
    onSuccess: () => {
      fresh();
      done();
    },
  });

/** The episodes that a rule would have had in the last days. */
export const useBacktest = () =>
  useMutation({
    mutationFn: ({ rule, days }: { rule: RuleKeys; days: number }) =>
      post<AlertBacktest>("/alerts/backtest", { rule, since: `-${days}d` }),
  });
