// What a chart is made of. Values are plain numbers for lengths on the screen; exact money stays text where it is read.

/** percent: shares of one. ms: milliseconds. per_min: happenings a minute. number: whatever the metric measures. */
export type Unit = "count" | "per_min" | "usd" | "tokens" | "ms" | "percent" | "bytes" | "number";

export interface Point {
  /** Start of the step, in Unix milliseconds. */
  t: number;
  /** Null where nothing is known: a gap, which is not a zero. */
  v: number | null;
}

export interface Series {
  name: string;
  /** A custom property ("--llm"), a hue's class ("hue-llm") or a kind of work ("llm"); else the next of the palette. */
  hue?: string;
  points: readonly Point[];
  /** Of the period before, drawn as a dashed line and never stacked. */
  dashed?: boolean;
  /** Opens the traces behind it. */
  href?: string;
  /** The figure of the whole range, said in the legend. */
  total?: string;
  /** All that is not named by itself: grey. */
  rest?: boolean;
}

export interface Bin {
  /** Upper bound, inclusive. */
  upper: number;
  count: number;
}

export interface BoxRow {
  name: string;
  min: number;
  p25: number;
  p50: number;
  p75: number;
  p95: number;
  max: number;
  hue?: string;
  href?: string;
  note?: string;
}

export interface Part {
  name: string;
  value: number;
  hue?: string;
  href?: string;
  /** The figure in words, where the number is only its length. */
  text?: string;
  rest?: boolean;
}

export interface BarRow {
  name: string;
  value: number | null;
  note?: string;
  href?: string;
  hue?: string;
  text?: string;
}
