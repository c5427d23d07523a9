// Scores and notes of a trace: results of evaluations, thumbs and comments of people.
import { useMutation, useQuery } from "@tanstack/react-query";
import { get, post } from "./client";
import { queryClient } from "./queries";

export interface Score {
  id: string;
  name: string;
  value: number | string | null;
  trace_id: string | null;
  span_id: string | null;
  session_id: string | null;
  comment: string | null;
  source: string | null;
  by: string | null;
  at: string;
}

type ScoreAsk = Pick<Score, "id" | "name"> &
  Partial<Pick<Score, "value" | "comment" | "trace_id" | "session_id">>;

const keyOf = (traceId: string) => ["scores", traceId];

export const useScores = (traceId: string) =>
  useQuery({
    queryKey: keyOf(traceId),
    staleTime: 15_000,
    placeholderData: undefined,
    queryFn: async ({ signal }) =>
      (await get<{ scores: Score[] }>("/scores", { trace_id: traceId }, signal)).scores,
  });

/** Stores a score. One without a value and a comment withdraws the score of its id. */
export const useScore = (traceId: string) =>
  useMutation({
    mutationFn: (score: ScoreAsk) =>
      post<{ scores: Score[] }>("/scores", { scores: [{ ...score, trace_id: traceId }] }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: keyOf(traceId) }),
  });
