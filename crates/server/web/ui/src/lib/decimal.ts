// Money arrives as decimal text and stays exact: a value is an integer and a scale, never a float.

export interface Decimal {
  /** The digits without a point: 0.0041 has units 41n and scale 4. */
  units: bigint;
  scale: number;
}

const SHAPE = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/;

/** Reads decimal text; null for anything that is not a plain number. */
export function parseDecimal(text: string): Decimal | null {
  const match = SHAPE.exec(text.trim());
  if (!match) return null;
  const [, sign, whole = "", fraction = "", exponent = "0"] = match;
  if (whole === "" && fraction === "") return null;
  const units = BigInt(`${whole}${fraction}`) * (sign === "-" ? -1n : 1n);
  const scale = fraction.length - Number(exponent);
  return scale >= 0 ? { units, scale } : { units: units * 10n ** BigInt(-scale), scale: 0 };
}

function rescale(value: Decimal, scale: number): bigint {
  return value.units * 10n ** BigInt(scale - value.scale);
}

export function addDecimals(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale);
  return { units: rescale(a, scale) + rescale(b, scale), scale };
}

export function negateDecimal(value: Decimal): Decimal {
  return { units: -value.units, scale: value.scale };
}

export function multiplyDecimals(a: Decimal, b: Decimal): Decimal {
  return { units: a.units * b.units, scale: a.scale + b.scale };
}

/** Negative, zero or positive, as a sorts before, with or after b. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  const scale = Math.max(a.scale, b.scale);
  const difference = rescale(a, scale) - rescale(b, scale);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** Rounds half away from zero to `digits` places and returns the plain text, without grouping. */
export function roundDecimal(value: Decimal, digits: number): string {
  const negative = value.units < 0n;
  let units = negative ? -value.units : value.units;
  if (value.scale > digits) {
    const divisor = 10n ** BigInt(value.scale - digits);
    units = (units + divisor / 2n) / divisor;
  } else {
    units *= 10n ** BigInt(digits - value.scale);
  }
  const text = units.toString().padStart(digits + 1, "0");
  const whole = text.slice(0, text.length - digits);
  const rounded = digits > 0 ? `${whole}.${text.slice(-digits)}` : whole;
  return negative && units > 0n ? `-${rounded}` : rounded;
}

/** How many decimal places show the first `significant` digits of a value below one. */
export function placesFor(value: Decimal, significant: number): number {
  const digits = (value.units < 0n ? -value.units : value.units).toString();
  if (value.units === 0n) return 0;
  const leadingZeros = value.scale - digits.length;
  return leadingZeros < 0
    ? Math.max(0, significant - (digits.length - value.scale))
    : leadingZeros + significant;
}

/** For the length of a bar only, never for a figure. */
export function toPixels(value: Decimal): number {
  return Number(value.units) / 10 ** value.scale;
}
