import { listTime, utcTime } from "../lib/time";

/** A local time that says its UTC time on hover. `show` words it; a list's time when left out. */
export function Time({ at, show = listTime }: { at: string; show?: (rfc3339: string) => string }) {
  return (
    <time className="figure" dateTime={at} title={utcTime(at)}>
      {show(at)}
    </time>
  );
}
