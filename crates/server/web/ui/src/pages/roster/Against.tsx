// Figures against those of the period of the same length just before.
import { percent } from "../../lib/format";
import { t } from "../../lib/i18n";

/** What a figure's `Stat` is told of the period before; nothing when nobody compares. */
export function deltaOf(
  now: number,
  before: number | undefined,
  said?: (value: number) => string,
): { delta?: number | null; before?: string } {
  if (before === undefined) return {};
  const words = said ? { before: said(before) } : {};
  return { delta: before > 0 ? now / before - 1 : null, ...words };
}

/** As `deltaOf`, for shares: their difference. */
export function pointsOf(
  now: number | null,
  before: number | null | undefined,
): { delta?: number | null; points?: true; before?: string } {
  if (before === undefined) return {};
  if (before === null || now === null) return { delta: null, points: true };
  return { delta: now - before, points: true, before: percent(before) };
}

const LEAST = 0.005;

/** A change in a row, small: what it was is on hover. */
export function Against({ now, before, said }: { now: number; before: number; said?: string }) {
  if (before === 0 && now === 0) return null;
  const title = t("{figure} in the previous period", { figure: said ?? String(before) });
  if (before === 0)
    return (
      <span className="against" title={title}>
        {t("new")}
      </span>
    );
  const change = now / before - 1;
  const size = Math.abs(change);
  const text =
    size < LEAST
      ? "="
      : change >= 10
        ? t("{n}×", { n: Math.round(now / before) })
        : `${change > 0 ? "+" : "−"}${percent(size, 0)}`;
  return (
    <span className="against" title={title}>
      {text}
    </span>
  );
}
