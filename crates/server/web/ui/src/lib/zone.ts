// The time zone of all times on the screen: that of this computer, or UTC. The choice is kept in the browser.
import { recall, remember } from "../state/memory";

export type Zone = "local" | "utc";

let chosen: Zone | null = null;

/** The chosen zone; local without a choice. */
export function zone(): Zone {
  chosen ??= recall("zone") === "utc" ? "utc" : "local";
  return chosen;
}

/** Keeps the choice for all later visits with this browser. */
export function keepZone(choice: Zone): void {
  chosen = choice;
  remember("zone", choice === "utc" ? "utc" : null);
}

/** Every time on the page changes, so the page opens again. */
export function setZone(choice: Zone): void {
  keepZone(choice);
  window.location.reload();
}

export interface Parts {
  year: number;
  /** From 0. */
  month: number;
  day: number;
  hours: number;
  minutes: number;
  seconds: number;
  ms: number;
}

/** Calendar and clock of a moment in the chosen zone. */
export function partsOf(date: Date): Parts {
  if (zone() === "utc")
    return {
      year: date.getUTCFullYear(),
      month: date.getUTCMonth(),
      day: date.getUTCDate(),
      hours: date.getUTCHours(),
      minutes: date.getUTCMinutes(),
      seconds: date.getUTCSeconds(),
      ms: date.getUTCMilliseconds(),
    };
  return {
    year: date.getFullYear(),
    month: date.getMonth(),
    day: date.getDate(),
    hours: date.getHours(),
    minutes: date.getMinutes(),
    seconds: date.getSeconds(),
    ms: date.getMilliseconds(),
  };
}

/** The moment of a calendar day and clock in the chosen zone. Days and hours beyond their limits roll over. */
export function momentAt(
  year: number,
  month: number,
  day: number,
  hours = 0,
  minutes = 0,
  seconds = 0,
): Date {
  return zone() === "utc"
    ? new Date(Date.UTC(year, month, day, hours, minutes, seconds))
    : new Date(year, month, day, hours, minutes, seconds);
}

const two = (value: number) => String(value).padStart(2, "0");

/** "14:05" in the chosen zone. */
export function minuteClock(date: Date): string {
  const { hours, minutes } = partsOf(date);
  return `${two(hours)}:${two(minutes)}`;
}

/** Name and offset of the chosen zone: "Europe/Berlin (UTC+1)". */
export function zoneText(now = new Date()): string {
  return zone() === "utc" ? "UTC" : localZoneText(now);
}

/** Name and offset of the zone of this computer. */
export function localZoneText(now = new Date()): string {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const minutes = -now.getTimezoneOffset();
  const size = Math.abs(minutes);
  const rest = size % 60 ? `:${two(size % 60)}` : "";
  const offset = minutes === 0 ? "UTC" : `UTC${minutes < 0 ? "−" : "+"}${Math.floor(size / 60)}${rest}`;
  return timeZone && timeZone !== "UTC" ? `${timeZone} (${offset})` : offset;
}
