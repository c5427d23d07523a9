// What could stand where the caret is: a field, an operator or a value of the query language.
import { FIELDS, FIGURES, isFigure, OR, termAround, terms } from "./query";

export interface Blank {
  /** What is being typed: a new word, the value of a field, or the amount of a figure. */
  kind: "word" | "value" | "amount";
  /** The field that the value is of. */
  field: string | null;
  /** What is typed of it so far. */
  typed: string;
  /** What a choice replaces. */
  from: number;
  to: number;
}

/** Where the caret stands in a text. */
export function blankAt(text: string, caret: number): Blank {
  const term = termAround(text, caret);
  if (!term) return { kind: "word", field: null, typed: "", from: caret, to: caret };
  const value = term.values.find((piece) => piece.start <= caret && caret <= piece.end);
  if (!term.field || !term.sign) {
    const from = term.start + (term.not ? 1 : 0);
    return { kind: "word", field: null, typed: text.slice(from, caret), from, to: term.end };
  }
  if (caret < term.sign.end) {
    const { start } = term.field;
    return { kind: "word", field: null, typed: text.slice(start, caret), from: start, to: term.sign.end };
  }
  const from = value?.start ?? caret;
  return {
    kind: isFigure(term.field.text) ? "amount" : "value",
    field: term.field.text,
    typed: text.slice(from, caret).replace(/^"/, ""),
    from,
    to: value?.end ?? caret,
  };
}

export interface Completion {
  text: string;
  caret: number;
}

/** The text with `insert` where the blank is, and the caret behind it. A finished term is followed by a space. */
export function completed(text: string, blank: Blank, insert: string, finished: boolean): Completion {
  const after = text.slice(blank.to);
  const gap = finished && !/^[\s,]/.test(after) ? " " : "";
  const before = text.slice(0, blank.from);
  return { text: before + insert + gap + after, caret: before.length + insert.length + gap.length };
}

/** Fields and figures whose name begins with what is typed, and then those that have it in them. */
export function fieldsLike(typed: string): string[] {
  const word = typed.toLowerCase().replace(/[:<>=].*$/, "");
  const names = [...FIELDS, "attr.", ...FIGURES, "has"];
  return [
    ...names.filter((name) => name.startsWith(word)),
    ...(word ? names.filter((name) => !name.startsWith(word) && name.includes(word)) : []),
  ];
}

/** Whether `OR` can follow at the caret: behind a term, and not within one. */
export function takesOr(text: string, blank: Blank): boolean {
  if (blank.kind !== "word" || !OR.startsWith(blank.typed.toUpperCase())) return false;
  const before = text.slice(0, blank.from);
  return /\s$/.test(before) && terms(before).length > 0 && !before.trimEnd().endsWith(` ${OR}`);
}

/** Amounts worth offering for a figure, the most usual first. */
export const AMOUNTS: Record<string, readonly string[]> = {
  duration: ["500ms", "1s", "5s", "30s", "1m"],
  cost: ["0.001", "0.01", "0.1", "1"],
  tokens: ["1000", "10000", "100000"],
  spans: ["10", "100", "1000"],
  calls: ["1", "5", "20"],
  tools: ["1", "5", "20"],
  errors: ["0", "1", "5"],
};
