// An event in one line.
import type { EventRow } from "../../api/signals";

const LONGEST = 400;

function flat(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  return text.slice(0, LONGEST).replace(/\s+/g, " ").trim();
}

/** The body, else the attributes: many senders say everything there. */
export function said(row: EventRow): string {
  const empty = row.body === null || row.body === undefined || row.body === "" || row.body === row.type;
  if (!empty) return flat(row.body);
  return flat(
    Object.entries(row.attributes)
      .map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`)
      .join(" "),
  );
}

/** Events have no id: equal ones are one in the store, so that their content names them. */
export function eventKey(row: EventRow): string {
  return [row.time, row.type, row.span_id, said(row)].join(" ");
}
