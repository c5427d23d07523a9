import { listTime, otherZoneTime } from "../lib/time";

/** A time in the chosen zone; hover shows it in the other zone. `show` words it, a list's time without it. */
export function Time({ at, show = listTime }: { at: string; show?: (rfc3339: string) => string }) {
  return (
    <time className="figure" dateTime={at} title={otherZoneTime(at)}>
      {show(at)}
    </time>
  );
}
