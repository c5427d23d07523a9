import { setRange } from "../state/url";

/** Narrows the one time range of every page. */
export function brushRange(since: number, until: number): void {
  setRange({ preset: "", since: new Date(since).toISOString(), until: new Date(until).toISOString() });
}
