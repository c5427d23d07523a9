// Names of what did the work; what has none is told apart from everything that has one.
import { joined, narrowed } from "../../lib/query";

/** Stands in addresses and lists for work that names nobody. */
export const NOBODY = "~";

export const keyOf = (name: string | null): string => name ?? NOBODY;
export const nameOf = (key: string): string | null => (key === NOBODY ? null : key);

/** What an error says, without the stack trace that some senders put behind it. */
export function firstLine(message: string): string {
  return message.split(/\n|Traceback \(most recent call last\)/, 1)[0]?.trim() || message;
}

/** A condition of the query language, beside those of the page. */
export function only(field: string, name: string | null): string {
  return narrowed("", { [field]: name });
}

/** The filters of a page, narrowed as text. */
export function narrowedFilters(
  filters: Record<string, string>,
  field: string,
  name: string | null,
): Record<string, string> {
  const { filter, ...rest } = filters;
  return { ...rest, filter: joined(filter ?? "", only(field, name)) };
}
