// Dashboards as files: written as the server keeps them, read with every field looked at.

import { FROM } from "../../api/ask";
import {
  bodyOf,
  type DashboardBody,
  type DashboardPanel,
  type DashboardVariable,
  PANEL_TYPES,
} from "../../api/dashboards";
import { t } from "../../lib/i18n";
import { settle } from "./place";

const MOST_BYTES = 256 * 1024;
const MOST_PANELS = 60;

export function fileText(dashboard: DashboardBody): string {
  return `${JSON.stringify(bodyOf(dashboard), null, 2)}\n`;
}

/** Hands a text to the browser as a file. */
export function download(name: string, text: string, type = "application/json"): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

type Fields = Record<string, unknown>;
const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

class Wrong extends Error {}

function text(fields: Fields, name: string, where: string, otherwise?: string): string {
  const value = fields[name];
  if (typeof value === "string") return value;
  if ((value === undefined || value === null) && otherwise !== undefined) return otherwise;
  throw new Wrong(t("{where} must be a text", { where: `${where}${name}` }));
}

function whole(fields: Fields, name: string, where: string): number {
  const value = fields[name];
  if (typeof value === "number" && Number.isInteger(value) && value >= 0) return value;
  throw new Wrong(t("{where} must be a whole number", { where: `${where}${name}` }));
}

function list(fields: Fields, name: string, where: string): unknown[] {
  const value = fields[name] ?? [];
  if (Array.isArray(value)) return value;
  throw new Wrong(t("{where} must be a list", { where: `${where}${name}` }));
}

function oneOf<T extends string>(value: string, words: readonly T[], where: string): T {
  const found = words.find((word) => word === value);
  if (found) return found;
  throw new Wrong(
    t("{where} is {value}, and must be one of {words}", { where, value, words: words.join(", ") }),
  );
}

function panelOf(value: unknown, index: number): DashboardPanel {
  const where = `panels[${index}].`;
  if (!isFields(value)) throw new Wrong(t("{where} must be an object", { where: `panels[${index}]` }));
  return {
    id: text(value, "id", where),
    title: text(value, "title", where),
    type: oneOf(text(value, "type", where), PANEL_TYPES, `${where}type`),
    x: whole(value, "x", where),
    y: whole(value, "y", where),
    w: whole(value, "w", where),
    h: whole(value, "h", where),
    from: oneOf(text(value, "from", where), [...FROM, "sql"] as const, `${where}from`),
    ...(typeof value.sql === "string" ? { sql: value.sql } : {}),
    filter: text(value, "filter", where, ""),
    group_by: list(value, "group_by", where).map(String),
    step: text(value, "step", where, "none"),
    measure: text(value, "measure", where, "count"),
    ...(typeof value.name === "string" ? { name: value.name } : {}),
    ...(typeof value.agg === "string" ? { agg: value.agg } : {}),
    ...(typeof value.top === "number" ? { top: value.top } : {}),
    ...(value.stacked === true ? { stacked: true } : {}),
    ...(typeof value.target === "number" ? { target: value.target } : {}),
  };
}

function variableOf(value: unknown, index: number): DashboardVariable {
  const where = `variables[${index}].`;
  if (!isFields(value)) throw new Wrong(t("{where} must be an object", { where: `variables[${index}]` }));
  const name = text(value, "name", where);
  return {
    name,
    label: text(value, "label", where, name),
    field: text(value, "field", where),
    default: typeof value.default === "string" ? value.default : null,
  };
}

/** A dashboard from a file, or what is wrong with it. */
export function readFile(content: string): DashboardBody | { wrong: string } {
  if (content.length > MOST_BYTES) return { wrong: t("The file is larger than 256 KiB.") };
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (error) {
    return { wrong: t("The file is not JSON: {why}", { why: error instanceof Error ? error.message : "" }) };
  }
  if (!isFields(value))
    return { wrong: t("The file contains no dashboard: expected an object with a title and panels.") };
  try {
    const panels = list(value, "panels", "").map(panelOf);
    if (panels.length > MOST_PANELS)
      return { wrong: t("There are more than {n} panels.", { n: MOST_PANELS }) };
    const ids = new Set(panels.map((panel) => panel.id));
    if (ids.size < panels.length) return { wrong: t("Two panels have the same id.") };
    return {
      title: text(value, "title", ""),
      description: text(value, "description", "", ""),
      range: typeof value.range === "string" ? value.range : null,
      variables: list(value, "variables", "").map(variableOf),
      panels: settle(panels),
    };
  } catch (error) {
    if (error instanceof Wrong) return { wrong: error.message };
    throw error;
  }
}
