import { useQuery } from "@tanstack/react-query";
import { get, Problem } from "./client";

interface Listed {
  id: string;
  title: string;
  description?: string | null;
}

/** Names of the dashboards, for the palette. */
export function useDashboardNames(enabled: boolean) {
  return useQuery({
    queryKey: ["dashboard-names"],
    enabled,
    staleTime: 30_000,
    queryFn: async ({ signal }) => {
      try {
        return (await get<{ dashboards: Listed[] }>("/dashboards", {}, signal)).dashboards;
      } catch (error) {
        if (error instanceof Problem && error.status === 404) return [];
        throw error;
      }
    },
  });
}
