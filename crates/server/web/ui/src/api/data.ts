// How long what is kept, traces that are held, and people who are to be forgotten.
import { useMutation, useQuery } from "@tanstack/react-query";
import { get, post, remove } from "./client";
import { queryClient } from "./queries";

/** Periods as the server writes them: `forever`, `14d`, `12h`. */
export interface Periods {
  traces?: string;
  logs?: string;
  metrics?: string;
  costs?: string;
}

export interface RetentionRule extends Periods {
  service?: string;
  project?: string;
}

export interface RetentionRules extends Periods {
  preset: "keep" | "short";
  /** Such as `20GiB`. */
  max_bytes?: string;
  /** The first that matches wins. */
  rule?: RetentionRule[];
}

export interface RetentionAnswer {
  rules: RetentionRules;
  /** Whether anything is ever removed by them. */
  removes: boolean;
  holds: number;
}

export interface RetiredDay {
  /** UTC. */
  day: string;
  fate: "thinned" | "removed";
  why: "age" | "size";
  traces: number;
  spans: number;
  costs: number;
  events: number;
  points: number;
  held: number;
  bytes: number;
  freed_bytes: number;
}

export interface Retired {
  dry_run: boolean;
  bytes: number;
  freed_bytes: number;
  days: RetiredDay[];
  /** Null when the store keeps its bound. */
  over_bytes: number | null;
  over_reason: string | null;
  left: { day: string; reason: string }[];
}

export interface HeldTrace {
  trace_id: string;
  since: string;
  /** Empty when nobody is known. */
  by: string;
  note: string;
}

export interface Whose {
  kind: "user" | "session";
  id: string;
}

export interface ForgottenPlace {
  place: string;
  what: string;
  found: number;
  remaining: number;
  /** Why it could not be looked at or changed. */
  trouble?: string;
}

/** What there was, and proof that it is gone; it does not say whose it was. */
export interface ForgetAnswer {
  dry_run: boolean;
  kind: string;
  id_sha256: string;
  salt: string;
  at: string;
  traces: number;
  places: ForgottenPlace[];
  remaining: number;
  complete: boolean;
  beyond: string[];
}

const HOLDS = ["holds"] as const;

export const useRetention = () =>
  useQuery({
    queryKey: ["retention"],
    queryFn: ({ signal }) => get<RetentionAnswer>("/retention", {}, signal),
  });

/** By the rules in force. */
export const usePreview = () =>
  useMutation({ mutationFn: () => post<Retired>("/retention/preview", {}), gcTime: 0 });

export const useRun = () =>
  useMutation({
    mutationFn: () => post<Retired>("/retention/run", {}),
    gcTime: 0,
    onSuccess: () => void queryClient.invalidateQueries(),
  });

const holds = {
  queryKey: HOLDS,
  staleTime: 15_000,
  queryFn: async ({ signal }: { signal: AbortSignal }) =>
    (await get<{ holds: HeldTrace[] }>("/holds", {}, signal)).holds,
};

/** The latest first; the server bounds how many there can be. */
export const useHolds = () => useQuery(holds);

/** The hold of one trace; null where it is not held. */
export const useHoldOf = (traceId: string) =>
  useQuery({ ...holds, select: (list) => list.find((hold) => hold.trace_id === traceId) ?? null });

const heldAnew = () => {
  void queryClient.invalidateQueries({ queryKey: HOLDS });
  void queryClient.invalidateQueries({ queryKey: ["retention"] });
};
const holdPath = (traceId: string) => `/traces/${encodeURIComponent(traceId)}/hold`;

export const useHold = (traceId: string) =>
  useMutation({
    mutationFn: (note: string) => post<HeldTrace>(holdPath(traceId), { note }),
    onSuccess: heldAnew,
  });

export const useRelease = () =>
  useMutation({
    mutationFn: (traceId: string) => remove<{ released: boolean }>(holdPath(traceId)),
    onSuccess: heldAnew,
  });

/** In a body: an id stands in no address, and is not kept once it was answered. */
const forget = (whose: Whose, dryRun: boolean) =>
  post<ForgetAnswer>("/forget", { [`${whose.kind}_id`]: whose.id, dry_run: dryRun });

/** What there is of somebody; nothing is removed. */
export const useLook = () => useMutation({ mutationFn: (whose: Whose) => forget(whose, true), gcTime: 0 });

export const useForget = () =>
  useMutation({
    mutationFn: (whose: Whose) => forget(whose, false),
    gcTime: 0,
    onSuccess: () => void queryClient.invalidateQueries(),
  });
