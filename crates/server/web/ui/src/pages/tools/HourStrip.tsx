// A tool's last 24 hours in one line: a bar for each hour, the failed part in red at its foot.
import { count, duration } from "../../lib/format";
import { t } from "../../lib/i18n";
import { clock, day } from "../../lib/time";
import type { Hour } from "./hours";

const HEIGHT = 40;
const SLOT = 10;

function hourText(hour: Hour): string {
  const at = new Date(hour.start);
  const when = `${day(at)} ${clock(at).slice(0, 5)}`;
  if (hour.calls === 0) return t("{when}: not called", { when });
  return t("{when}: {calls} calls, {errors} failed, p95 {p95}", {
    when,
    calls: count(hour.calls),
    errors: count(hour.errors),
    p95: duration(hour.p95),
  });
}

export function HourStrip({ hours, label }: { hours: readonly Hour[]; label: string }) {
  const peak = Math.max(1, ...hours.map((hour) => hour.calls));
  // Square roots, so that one busy hour does not flatten the others.
  const length = (calls: number) => (calls === 0 ? 0 : Math.max(2, Math.sqrt(calls / peak) * (HEIGHT - 2)));
  return (
    <svg
      className="hour-strip"
      viewBox={`0 0 ${hours.length * SLOT} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      {hours.map((hour, index) => {
        const all = length(hour.calls);
        const failed = hour.calls > 0 ? (hour.errors / hour.calls) * all : 0;
        const x = index * SLOT + 1;
        return (
          <g key={hour.start}>
            <title>{hourText(hour)}</title>
            <rect className="hour-slot" x={index * SLOT} y={0} width={SLOT} height={HEIGHT} />
            {hour.calls === 0 ? (
              <rect className="hour-none" x={x} y={HEIGHT - 1} width={SLOT - 2} height={1} />
            ) : (
              <rect className="hour-ok" x={x} y={HEIGHT - all} width={SLOT - 2} height={all - failed} />
            )}
            {failed > 0 ? (
              <rect
                className="hour-failed"
                x={x}
                y={HEIGHT - Math.max(1.5, failed)}
                width={SLOT - 2}
                height={Math.max(1.5, failed)}
              />
            ) : null}
          </g>
        );
      })}
    </svg>
  );
}
