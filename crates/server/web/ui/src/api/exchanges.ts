// The question and the answer of traces and sessions, for lists. Rows that appear together are asked for together.
import { useQuery } from "@tanstack/react-query";
import { get } from "./client";

export interface Exchange {
  trace_id: string;
  session_id: string | null;
  asked: string | null;
  answered: string | null;
}

type Subject = "trace" | "session";

/** Most of a request, as the server bounds it. */
const MOST = 40;
const PAUSE_MS = 30;

interface Waiting {
  id: string;
  settle: (exchange: Exchange | null) => void;
  fail: (error: unknown) => void;
}

const waiting: Record<Subject, Waiting[]> = { trace: [], session: [] };
const timers: Partial<Record<Subject, ReturnType<typeof setTimeout>>> = {};

async function send(subject: Subject): Promise<void> {
  delete timers[subject];
  const batch = waiting[subject].splice(0, MOST);
  if (waiting[subject].length > 0) void send(subject);
  try {
    const answer = await get<{ exchanges: Exchange[] }>("/exchanges", {
      [subject]: batch.map(({ id }) => id),
    });
    const found = new Map(
      answer.exchanges.map((one) => [subject === "trace" ? one.trace_id : one.session_id, one]),
    );
    for (const { id, settle } of batch) settle(found.get(id) ?? null);
  } catch (error) {
    for (const { fail } of batch) fail(error);
  }
}

const ask = (subject: Subject, id: string) =>
  new Promise<Exchange | null>((settle, fail) => {
    waiting[subject].push({ id, settle, fail });
    timers[subject] ??= setTimeout(() => void send(subject), PAUSE_MS);
  });

export function useExchange(subject: Subject, id: string) {
  return useQuery({
    queryKey: ["exchange", subject, id],
    staleTime: 120_000,
    retry: false,
    queryFn: () => ask(subject, id),
  });
}
