// Saved views: a page with its filter, range and columns under a name, kept by the server for everyone who uses it.
import { useMutation, useQuery } from "@tanstack/react-query";
import { get, Problem, put, remove } from "./client";
import { queryClient } from "./queries";

export interface View {
  id: string;
  title: string;
  /** "/traces" */
  page: string;
  /** "filter=…&range=…" */
  query: string;
  columns?: string[];
  /** Of a saved query: its statement of SQL. */
  statement?: string;
}

const KEY = ["views"];

export function useViews() {
  return useQuery({
    queryKey: KEY,
    staleTime: 30_000,
    queryFn: async ({ signal }) => {
      try {
        return (await get<{ views: View[] }>("/views", {}, signal)).views;
      } catch (error) {
        // A server that keeps no documents has no views either.
        if (error instanceof Problem && error.status === 404) return [];
        throw error;
      }
    },
  });
}

const path = (id: string) => `/views/${encodeURIComponent(id)}`;
const again = () => queryClient.invalidateQueries({ queryKey: KEY });

export function useSaveView() {
  return useMutation({
    mutationFn: ({ id, ...view }: View) => put<unknown>(path(id), view),
    onSettled: again,
  });
}

export function useDeleteView() {
  return useMutation({ mutationFn: (id: string) => remove<unknown>(path(id)), onSettled: again });
}
