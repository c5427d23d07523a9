// Where a server's refusal belongs in a form: its detail names the field first, as "limit_usd: found …".
import { Problem } from "../api/client";

export interface FieldErrors {
  of: Partial<Record<string, string>>;
  /** What belongs to no field of the form. */
  rest: unknown;
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

const BEFORE = "^\\W*(?:(?:body|config)\\.)?";

/** The known name that the detail starts with, or else the first that it mentions in quotes or that is no plain word. */
function fieldIn(detail: string, names: readonly string[]): string | null {
  const longest = [...names].sort((a, b) => b.length - a.length);
  const first = longest.find((name) => new RegExp(`${BEFORE}${escaped(name)}[:\\s]`).test(detail));
  if (first) return first;
  const places = longest.flatMap((name) => {
    const word = escaped(name);
    const pattern = /[_.]/.test(name) ? `(?<![\\w.])${word}(?![\\w.]\\w)` : `[\`"']${word}[\`"']`;
    const at = detail.search(new RegExp(pattern));
    return at < 0 ? [] : [{ name, at }];
  });
  return places.sort((a, b) => a.at - b.at)[0]?.name ?? null;
}

/** Without the name of the field, which stands above the message already. */
function message(detail: string, name: string): string {
  const text = detail.replace(new RegExp(`${BEFORE}${escaped(name)}(?::\\s*|\\s+(?=is\\b))`), "");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function fieldErrors(error: unknown, names: readonly string[]): FieldErrors {
  if (!error) return { of: {}, rest: null };
  const refused = error instanceof Problem && error.status >= 400 && error.status < 500;
  const name = refused ? fieldIn(error.detail, names) : null;
  if (!refused || name === null) return { of: {}, rest: error };
  return { of: { [name]: message(error.detail, name) }, rest: null };
}
