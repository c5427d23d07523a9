// An event in one line.
import type { EventRow } from "../../api/signals";

const LONGEST = 400;

function flat(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  return text.slice(0, LONGEST).replace(/\s+/g, " ").trim();
}

const EVALUATION = "gen_ai.evaluation.";

/** A score, as "helpful · 0.8, good · the reason"; null for other events. */
function scoreOf({ type, attributes }: EventRow): string | null {
  if (type !== `${EVALUATION}result`) return null;
  const part = (name: string) => {
    const value = attributes[EVALUATION + name];
    return value === undefined || value === null || value === "" ? [] : [String(value)];
  };
  const figures = [...part("score.value"), ...part("score.label")].join(", ");
  return [...part("name"), ...(figures ? [figures] : []), ...part("explanation")].join(" · ");
}

/** The body, else the attributes: many senders say everything there. */
export function said(row: EventRow): string {
  const empty = row.body === null || row.body === undefined || row.body === "" || row.body === row.type;
  if (!empty) return flat(row.body);
  const score = scoreOf(row);
  if (score) return flat(score);
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
