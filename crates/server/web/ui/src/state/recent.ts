// Filters that were used lately, in this browser.
import { recall, remember } from "./memory";

const MOST = 8;

export function recentFilters(): string[] {
  try {
    const kept: unknown = JSON.parse(recall("filters") ?? "[]");
    return Array.isArray(kept) ? kept.filter((text) => typeof text === "string").slice(0, MOST) : [];
  } catch {
    return [];
  }
}

export function keepFilter(text: string): void {
  const filter = text.trim();
  if (!filter) return;
  const others = recentFilters().filter((kept) => kept !== filter);
  remember("filters", JSON.stringify([filter, ...others].slice(0, MOST)));
}
