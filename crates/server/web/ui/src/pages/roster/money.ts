import { usdColumnPlaces, usdPixels } from "../../lib/format";

/** The places of a column of sums: four at most once cents are among them, so that the large ones stay readable. */
export function costPlaces(amounts: readonly (string | null | undefined)[]): number {
  const places = usdColumnPlaces(amounts);
  return amounts.some((amount) => usdPixels(amount) >= 0.01) ? Math.min(places, 4) : places;
}
