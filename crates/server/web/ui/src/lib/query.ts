// The query language of the filter bar: one text, read into terms and changed term by term.
// The server judges it (docs/guide/query-language.md); here it is only cut, coloured and edited.

export type Sign = ":" | ">" | ">=" | "<" | "<=" | "=" | "!=" | "~" | "!~";

export interface Piece {
  start: number;
  end: number;
  /** Without quotes, escapes and the star. */
  text: string;
  /** A star ends it: whatever begins so. */
  open: boolean;
}

export interface Term {
  start: number;
  end: number;
  /** A "-" stands before it. */
  not: boolean;
  /** Whether `OR` joins it to a term next to it. One of the joined terms must hold. */
  joined: boolean;
  /** null for words and phrases of the full text, and for terms in parentheses, which have no values. */
  field: { start: number; end: number; text: string } | null;
  sign: { start: number; end: number; text: Sign } | null;
  /** The values, or the one word or phrase. */
  values: Piece[];
}

/** Fields that have names as values. */
export const FIELDS = [
  "service",
  "framework",
  "agent",
  "model",
  "tool",
  "status",
  "session",
  "user",
  "tag",
  "project",
  "branch",
  "commit",
  "convention",
  "error",
  "env",
  "version",
  "name",
  "error_message",
] as const;

/** Fields that are figures of a trace. */
export const FIGURES = ["duration", "cost", "tokens", "spans", "calls", "tools", "errors"] as const;

/** Fields whose values /api/v1/facets lists. */
export const FACETS: readonly string[] = FIELDS.filter(
  (field) => field !== "name" && field !== "error_message",
);

export const isFigure = (field: string): boolean => (FIGURES as readonly string[]).includes(field);
export const isField = (field: string): boolean =>
  field === "has" ||
  (FIELDS as readonly string[]).includes(field) ||
  isFigure(field) ||
  (field.startsWith("attr.") && field.length > "attr.".length);

/** A name and its sign. Around the sign of a figure there may be spaces. */
const HEAD = /^([A-Za-z][\w.-]*)(:|>=|<=|!=|!~|>|<|=|~)/;
const FIGURE_HEAD = new RegExp(`^(${FIGURES.join("|")})(\\s*(?:>=|<=|!=|>|<|=)\\s*)`, "i");

/** The quoted text that begins at `start`. An open quote reaches to the end. */
function quoted(text: string, start: number): Piece {
  let said = "";
  let at = start + 1;
  while (at < text.length && text[at] !== '"') {
    if (text[at] === "\\" && at + 1 < text.length) at += 1;
    said += text[at];
    at += 1;
  }
  const close = Math.min(text.length, at + 1);
  const open = text[close] === "*";
  return { start, end: open ? close + 1 : close, text: said, open };
}

function bare(text: string, start: number, stop: RegExp): Piece {
  let end = start;
  while (end < text.length && !stop.test(text[end] ?? "")) end += 1;
  const said = text.slice(start, end);
  const open = said.length > 1 && said.endsWith("*");
  return { start, end, text: open ? said.slice(0, -1) : said, open };
}

const piece = (text: string, at: number, stop: RegExp) =>
  text[at] === '"' ? quoted(text, at) : bare(text, at, stop);

function valuesFrom(text: string, start: number): Piece[] {
  const values = [piece(text, start, /[\s,]/)];
  let end = values[0]?.end ?? start;
  while (text[end] === ",") {
    const next = piece(text, end + 1, /[\s,]/);
    values.push(next);
    end = next.end;
  }
  return values;
}

/** The start of the name of an attribute. Its case matters, that of other fields does not. */
export const ATTRIBUTE = "attr.";
const nameOf = (name: string): string => {
  const lower = name.toLowerCase();
  return lower.startsWith(ATTRIBUTE) ? ATTRIBUTE + name.slice(ATTRIBUTE.length) : lower;
};

/** The end of the parentheses that open at `start`; of the text, where they do not close. */
function groupEnd(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    if (text[at] === '"') at = quoted(text, at).end - 1;
    else if (text[at] === "(") depth += 1;
    else if (text[at] === ")") depth -= 1;
    if (depth === 0) return at + 1;
  }
  return text.length;
}

function termAt(text: string, start: number): Term {
  const not = text[start] === "-" && start + 1 < text.length && !/\s/.test(text[start + 1] ?? " ");
  const from = not ? start + 1 : start;
  const rest = text.slice(from);
  if (rest.startsWith("("))
    return { start, end: groupEnd(text, from), not, joined: false, field: null, sign: null, values: [] };
  const head = FIGURE_HEAD.exec(rest) ?? HEAD.exec(rest);
  const [whole, name, sign] = head ?? [];
  if (!whole || !name || !sign) {
    const word = piece(text, from, /\s/);
    const end = Math.max(word.end, start + 1);
    return { start, end, not, joined: false, field: null, sign: null, values: [word] };
  }
  const after = from + whole.length;
  const values = valuesFrom(text, after);
  return {
    start,
    end: values[values.length - 1]?.end ?? after,
    not,
    joined: false,
    field: { start: from, end: from + name.length, text: nameOf(name) },
    sign: { start: from + name.length, end: after, text: sign.trim() as Sign },
    values,
  };
}

/** Whether the text ends within quotes. */
export function endsInQuotes(text: string): boolean {
  let within = false;
  for (let at = 0; at < text.length; at += 1) {
    if (within && text[at] === "\\") at += 1;
    else if (text[at] === '"') within = !within;
  }
  return within;
}

/** The word that joins two terms, of which one must hold. */
export const OR = "OR";
const isOr = (text: string, term: Term): boolean => text.slice(term.start, term.end) === OR;

/** Every piece of a text between spaces, `OR` too. */
function piecesIn(text: string): Term[] {
  const found: Term[] = [];
  let at = 0;
  while (at < text.length) {
    if (/\s/.test(text[at] ?? "")) {
      at += 1;
      continue;
    }
    const term = termAt(text, at);
    found.push(term);
    at = term.end;
  }
  return found;
}

/** The terms of a text, in order. Never fails: an unreadable term stands as it is written. */
export function terms(text: string): Term[] {
  const all = piecesIn(text);
  const joins = (at: number): boolean => {
    const term = all[at];
    return term !== undefined && isOr(text, term);
  };
  return all
    .map((term, at) => ({ ...term, joined: joins(at - 1) || joins(at + 1) }))
    .filter((_, at) => !joins(at));
}

/** The text with every term rewritten; a term that becomes null is left out, and the `OR` next to it. */
export function rewritten(text: string, write: (term: string) => string | null): string {
  const all = piecesIn(text);
  const joins = (at: number): boolean => {
    const term = all[at];
    return term !== undefined && isOr(text, term);
  };
  let whole = "";
  let alternatives = 0;
  for (const [at, term] of all.entries()) {
    if (joins(at)) continue;
    if (!joins(at - 1)) alternatives = 0;
    const next = write(text.slice(term.start, term.end));
    if (next === null) continue;
    whole = joined(whole, alternatives > 0 ? OR : "", next);
    alternatives += 1;
  }
  return whole;
}

/** The term that the caret is in or right behind. */
export function termAround(text: string, caret: number): Term | undefined {
  return terms(text).find((term) => term.start < caret && caret <= term.end);
}

/** A value as it is written in the language: quoted where it must be. With `open` whatever begins so. */
export function written(value: string, open = false): string {
  const plain = /^[^\s",()\\:<>=*-][^\s",()\\*]*$/.test(value);
  const text = plain ? value : `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
  return open ? `${text}*` : text;
}

const same = (term: Term, field: string, not: boolean) =>
  !term.joined && term.field?.text === field && term.not === not;

/** The text without some of its terms. Terms that `OR` joins stay, because each depends on the others. */
export function without(text: string, leaving: (term: Term) => boolean): string {
  const gone = new Set(terms(text).flatMap((term) => (!term.joined && leaving(term) ? [term.start] : [])));
  return piecesIn(text)
    .filter((term) => !gone.has(term.start))
    .map((term) => text.slice(term.start, term.end))
    .join(" ");
}

export function joined(...parts: readonly string[]): string {
  return parts
    .map((part) => part.trim())
    .filter(Boolean)
    .join(" ");
}

const piecesOf = (text: string, field: string, not: boolean): Piece[] =>
  terms(text)
    .filter((term) => same(term, field, not) && term.sign?.text === ":")
    .flatMap((term) => term.values)
    .filter((value) => value.end > value.start);

/** The very names that a field must have, or must not. */
export function chosen(text: string, field: string, not = false): string[] {
  return piecesOf(text, field, not)
    .filter((value) => !value.open)
    .map((value) => value.text);
}

/** Adds a value to a field's term, or takes it out; the values of one term are alternatives. */
export function toggled(text: string, field: string, value: string, not = false): string {
  const rest = without(text, (term) => term.field?.text === field && term.sign?.text === ":");
  const term = (negated: boolean) => {
    const pieces = piecesOf(text, field, negated);
    const others = pieces.filter((piece) => piece.open || piece.text !== value);
    const kept = others.map((piece) => text.slice(piece.start, piece.end));
    const added = negated === not && others.length === pieces.length ? [...kept, written(value)] : kept;
    return added.length > 0 ? `${negated ? "-" : ""}${field}:${added.join(",")}` : "";
  };
  return joined(rest, term(false), term(true));
}

/** Where a character of a text is, in the units of its string; the server counts characters. */
export function offsetOf(text: string, characters: number): number {
  return [...text].slice(0, characters).join("").length;
}

/** What narrows a filter: a value or several alternatives of a field; null where the field must be without one;
 * for a figure the sign and the amount (">2s"); under `q` words of the full text. */
export type Narrowing = Record<string, Wanted | undefined>;

/** With `begins` whatever begins so. */
export type Named = string | { begins: string };
type Wanted = Named | readonly Named[] | null;

const writtenName = (name: Named): string =>
  typeof name === "string" ? written(name) : written(name.begins, true);

function termOf(field: string, value: Wanted): string {
  if (value === null) return `-has:${field}`;
  const values = Array.isArray(value) ? (value as readonly Named[]) : [value as Named];
  if (field === "q") return values.map(writtenName).join(" ");
  if (isFigure(field) && typeof value === "string")
    return /^[<>=:]/.test(value) ? field + value : `${field}=${value}`;
  return `${field}:${values.map(writtenName).join(",")}`;
}

const excludes = (term: Term): boolean => term.not || (term.sign?.text.startsWith("!") ?? false);

/** The text with more conditions. What it said of the same fields gives way; what it excluded stays. */
export function narrowed(text: string, by: Narrowing): string {
  const entries = Object.entries(by).filter(
    (entry): entry is [string, Wanted] => entry[1] !== undefined && entry[1] !== "",
  );
  const fields = new Set(entries.map(([field]) => field));
  const rest = without(text, (term) => !excludes(term) && fields.has(term.field?.text ?? ""));
  return joined(rest, ...entries.map(([field, value]) => termOf(field, value)));
}

/** The words and phrases that a filter searches for, as one text; "" where it has none. */
export function wordsOf(filter: string): string {
  return terms(filter)
    .filter((term) => term.field === null && !term.not)
    .flatMap((term) => term.values.map((value) => value.text.replace(/\*$/, "")))
    .join(" ");
}

/** Characters of an error that tell it from others, as the server groups by them. */
const ERROR_CHARACTERS = 200;

/** The name of one error in a filter: its first line, and all errors that begin so where more follows it. */
export function errorIs(error: string): Named {
  const [line = ""] = error.split(/[\r\n]/);
  const whole = line === error && [...error].length < ERROR_CHARACTERS;
  return whole ? error : { begins: [...line].slice(0, ERROR_CHARACTERS - 1).join("") };
}
