// The text around searched words, for lists. Rows that appear together are asked for together.
import { useQuery } from "@tanstack/react-query";
import { get } from "./client";

interface Excerpt {
  trace_id: string;
  span_id: string;
  session_id: string | null;
  text: string;
}

export type ExcerptOf = "trace" | "session" | "span";

/** Subjects and words of one request, below the limits of the server. */
const MOST = 40;
const MOST_WORDS = 16;
const PAUSE_MS = 30;

interface Waiting {
  id: string;
  settle: (text: string | null) => void;
  fail: (error: unknown) => void;
}

const waiting = new Map<string, Waiting[]>();

const idOf = (subject: ExcerptOf, found: Excerpt): string | null =>
  subject === "session"
    ? found.session_id
    : subject === "trace"
      ? found.trace_id
      : `${found.trace_id}:${found.span_id}`;

async function send(key: string, subject: ExcerptOf, words: readonly string[]): Promise<void> {
  const batch = (waiting.get(key) ?? []).splice(0, MOST);
  if (waiting.get(key)?.length) void send(key, subject, words);
  else waiting.delete(key);
  try {
    const answer = await get<{ excerpts: Excerpt[] }>("/excerpts", {
      find: words.slice(0, MOST_WORDS).map((word) => word.slice(0, 200)),
      [subject]: batch.map(({ id }) => id),
    });
    const found = new Map(answer.excerpts.map((one) => [idOf(subject, one), one.text]));
    for (const { id, settle } of batch) settle(found.get(id) ?? null);
  } catch (error) {
    for (const { fail } of batch) fail(error);
  }
}

function ask(subject: ExcerptOf, words: readonly string[], id: string): Promise<string | null> {
  const key = `${subject} ${words.join("\n")}`;
  return new Promise((settle, fail) => {
    const queue = waiting.get(key);
    if (queue) queue.push({ id, settle, fail });
    else {
      waiting.set(key, [{ id, settle, fail }]);
      setTimeout(() => void send(key, subject, words), PAUSE_MS);
    }
  });
}

/** The text around the words; null where none has them. */
export function useExcerpt(subject: ExcerptOf, words: readonly string[], id: string) {
  return useQuery({
    queryKey: ["excerpt", subject, words, id],
    staleTime: 120_000,
    retry: false,
    queryFn: () => ask(subject, words, id),
  });
}
