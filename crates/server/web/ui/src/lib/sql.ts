// What could stand where the caret is in a statement, and a result as CSV.
import type { SqlResult, SqlSchema, SqlValue } from "../api/sql";

const WORDS = [
  "SELECT",
  "FROM",
  "WHERE",
  "GROUP BY",
  "ORDER BY",
  "HAVING",
  "LIMIT",
  "JOIN",
  "LEFT JOIN",
  "DISTINCT",
  "MATCH",
  "BETWEEN",
  "LIKE",
  "DESC",
];
const MOST = 8;

export interface SqlChoice {
  text: string;
  kind: "table" | "column" | "function" | "word";
  about: string;
}

/** The word before the caret, and the table that a point before it names. */
export function wordAt(text: string, caret: number): { typed: string; from: number; table: string | null } {
  const before = text.slice(0, caret);
  const typed = /[A-Za-z_][A-Za-z_0-9]*$/.exec(before)?.[0] ?? "";
  const from = caret - typed.length;
  const table = /([A-Za-z_][A-Za-z_0-9]*)\.$/.exec(before.slice(0, from))?.[1] ?? null;
  return { typed, from, table };
}

/** Whether the caret is within a text or a comment, where nothing is completed. */
export function isQuoted(text: string, caret: number): boolean {
  const rest = text.slice(0, caret).replace(/'(?:[^']|'')*'|--[^\n]*\n|\/\*[\s\S]*?\*\//g, "");
  return /'|--|\/\*/.test(rest);
}

/** Tables that the statement names, and the names given to them. */
function named(text: string, schema: SqlSchema): Map<string, string> {
  const found = new Map<string, string>();
  for (const { name } of schema.tables) {
    const uses = new RegExp(`\\b${name}\\b(?:\\s+(?:AS\\s+)?([A-Za-z_][A-Za-z_0-9]*))?`, "gi");
    for (const use of text.matchAll(uses)) {
      found.set(name, name);
      if (use[1]) found.set(use[1], name);
    }
  }
  return found;
}

export function sqlChoices(text: string, caret: number, schema: SqlSchema): SqlChoice[] {
  if (isQuoted(text, caret)) return [];
  const { typed, table } = wordAt(text, caret);
  if (!typed && !table) return [];
  const tables = named(text, schema);
  const wanted = table ? [tables.get(table) ?? table] : [...new Set(tables.values())];
  const columns = schema.tables
    .filter(({ name }) => wanted.includes(name))
    .flatMap(({ columns }) => columns)
    .filter(({ name }, at, all) => all.findIndex((one) => one.name === name) === at)
    .map(({ name, about }): SqlChoice => ({ text: name, kind: "column", about }));
  const others: SqlChoice[] = table
    ? []
    : [
        ...schema.tables.map(({ name, about }): SqlChoice => ({ text: name, kind: "table", about })),
        ...schema.functions.map(({ name, about }): SqlChoice => ({ text: name, kind: "function", about })),
        ...WORDS.map((word): SqlChoice => ({ text: word, kind: "word", about: "" })),
      ];
  const begin = typed.toLowerCase();
  return [...columns, ...others]
    .filter(({ text }) => text.toLowerCase().startsWith(begin) && text.toLowerCase() !== begin)
    .slice(0, MOST);
}

/** A cell that no spreadsheet runs as a formula. Numbers stay as they are. */
function cell(value: SqlValue): string {
  if (value === null) return "";
  if (typeof value !== "string") return String(value);
  const text =
    /^[\s"]*[=+\-@\t\r＝＋－＠]/.test(value) && !/^-?\d+(\.\d+)?$/.test(value) ? `'${value}` : value;
  return /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function sqlCsv({ columns, rows }: SqlResult): string {
  const lines = [columns.map(({ name }) => cell(name)), ...rows.map((row) => row.map(cell))];
  return lines.map((line) => `${line.join(",")}\r\n`).join("");
}

/** Digits of a fraction that are drawn. */
const DIGITS = 6;

/** A value as it is drawn: times without an empty fraction, numbers without digits that say nothing. */
export function cellText(value: string | number | boolean): string {
  if (typeof value === "number" && !Number.isInteger(value)) return String(Number(value.toPrecision(DIGITS)));
  return String(value).replace(/^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\.0+Z$/, "$1Z");
}
