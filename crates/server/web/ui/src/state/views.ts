// Which saved views were used lately, and what makes up the present one.
import type { View } from "../api/views";
import { rememberColumns } from "./columns";
import { filterText } from "./filters";
import { recall, remember } from "./memory";
import { navigate } from "./url";

const MOST = 30;

function usedLately(): string[] {
  return (recall("views") ?? "").split(" ").filter(Boolean);
}

/** Those used lately first, the others by their title. */
export function viewsInOrder(views: readonly View[]): View[] {
  const used = usedLately();
  const rank = (view: View) => {
    const place = used.indexOf(view.id);
    return place < 0 ? MOST : place;
  };
  return [...views].sort((a, b) => rank(a) - rank(b) || a.title.localeCompare(b.title));
}

/** The views of a page by title, so that a tab keeps its place. Saved queries of SQL have a menu of their own. */
export function viewsOf(path: string, views: readonly View[]): View[] {
  return views
    .filter((view) => view.page === path && view.statement === undefined)
    .sort((a, b) => a.title.localeCompare(b.title));
}

export function markUsed(id: string): void {
  const others = usedLately().filter((used) => used !== id);
  remember("views", [id, ...others].slice(0, MOST).join(" "));
}

export function openView(view: View): void {
  markUsed(view.id);
  if (view.columns?.length) rememberColumns(view.columns);
  if (view.statement !== undefined) {
    const more = view.query ? `&${view.query}` : "";
    navigate(`${view.page}?query=${encodeURIComponent(view.id)}${more}`);
    return;
  }
  navigate(view.query ? `${view.page}?${view.query}` : view.page);
}

/** What is open at the moment, which a view does not keep. */
const PASSING = new Set(["filter", "span", "row", "tab", "at", "diff", "open", "pick", "trace", "edit"]);

/** What is looked at: the page's parameters, with the filter as one text. */
export function presentQuery(params: URLSearchParams): string {
  const kept = new URLSearchParams();
  const filter = filterText(params);
  if (filter) kept.set("filter", filter);
  for (const [name, value] of params) if (value && !PASSING.has(name)) kept.set(name, value);
  return kept.toString();
}

/** A name for addresses: the title's letters, and enough chance that two views of one title differ. */
export function idFor(title: string): string {
  const slug = title
    .toLowerCase()
    .normalize("NFKD")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 40);
  const chance = Math.floor(Math.random() * 36 ** 5)
    .toString(36)
    .padStart(5, "0");
  return slug ? `${slug}-${chance}` : `view-${chance}`;
}
