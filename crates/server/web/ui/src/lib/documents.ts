// Documents that a retrieval or a reranker gave back, in the forms that conventions write them.
import type { Span } from "../api/types";

export interface RetrievedDocument {
  id: string | null;
  content: string | null;
  /** As the source scored it; null where it did not. */
  score: number | null;
  metadata: unknown;
}

type Bag = Record<string, unknown>;

const NUMBERED =
  /^(retrieval\.documents|reranker\.output_documents)\.(\d{1,4})\.document\.(id|content|score|metadata)$/;
const LISTS = ["gen_ai.retrieval.documents", "retrieval.documents", "reranker.output_documents"];
const EVENT = /^(db\.query\.result|db\.search\.result|retrieval\.document)$/;

const bag = (value: unknown): Bag => (typeof value === "object" && value !== null ? (value as Bag) : {});

function parsed(value: unknown): unknown {
  if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

const textOf = (value: unknown): string | null =>
  value === null || value === undefined || value === ""
    ? null
    : typeof value === "string"
      ? value
      : JSON.stringify(value);

function number(value: unknown): number | null {
  const read =
    typeof value === "number"
      ? value
      : typeof value === "string" && value.trim()
        ? Number(value)
        : Number.NaN;
  return Number.isFinite(read) ? read : null;
}

function documentOf(given: unknown): RetrievedDocument {
  if (typeof given === "string") return { id: null, content: given, score: null, metadata: null };
  const outer = bag(given);
  const one =
    "document" in outer && typeof outer.document === "object" ? { ...outer, ...bag(outer.document) } : outer;
  return {
    id: textOf(one.id ?? one.document_id),
    content: textOf(
      one.content ?? one.page_content ?? one.text ?? (typeof one.document === "string" ? one.document : null),
    ),
    score: number(one.score ?? one.relevance_score ?? one.similarity),
    metadata: parsed(one.metadata ?? null),
  };
}

function numbered(attributes: Bag): RetrievedDocument[] {
  const found = new Map<string, Bag>();
  for (const [key, value] of Object.entries(attributes)) {
    const [, list, at, field] = NUMBERED.exec(key) ?? [];
    if (!list || !at || !field) continue;
    const name = `${list} ${at.padStart(4, "0")}`;
    found.set(name, { ...found.get(name), [field]: value });
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => documentOf(one));
}

function listed(attributes: Bag): RetrievedDocument[] {
  for (const key of LISTS) {
    const list = parsed(attributes[key]);
    if (Array.isArray(list)) return list.map((one) => documentOf(parsed(one)));
  }
  return [];
}

function fromEvents(span: Span): RetrievedDocument[] {
  return (span.events ?? [])
    .filter((event) => EVENT.test(event.name))
    .map(({ attributes }) => {
      const short = Object.fromEntries(
        Object.entries(attributes).map(([key, value]) => [key.split(".").pop() ?? key, value]),
      );
      return documentOf(short);
    });
}

/** The documents of a span in their order; empty for one that has none. */
export function documentsOf(span: Span): RetrievedDocument[] {
  const attributes = span.attributes ?? {};
  for (const found of [numbered(attributes), listed(attributes), fromEvents(span)])
    if (found.some((one) => one.content !== null || one.id !== null)) return found;
  return [];
}
