// Health score of everything, of an agent or of a tool.
import { useQuery } from "@tanstack/react-query";
import { get } from "./client";

export interface HealthPart {
  name: "errors" | "latency" | "tools" | "prices" | "alerts";
  score: number;
  weight: number;
  lost: number;
  value: number;
  against: number;
  query: string;
}

export interface Health {
  score: number | null;
  reason: string | null;
  parts: HealthPart[];
  concerns: string[];
  recommendations: string[];
  trend: { at: string; score: number | null }[];
}

export interface HealthScope {
  agent?: string;
  tool?: string;
}

const DAYS = 7;
const AGAIN_MS = 60_000;

export const useHealth = (scope: HealthScope) =>
  useQuery({
    queryKey: ["health", scope.agent ?? null, scope.tool ?? null],
    refetchInterval: AGAIN_MS,
    queryFn: ({ signal }) => get<Health>("/health", { ...scope, days: DAYS }, signal),
  });
