import { describe, expect, it } from "vitest";
import { addDecimals, parseDecimal, placesFor, roundDecimal } from "../src/lib/decimal";

const read = (text: string) => {
  const value = parseDecimal(text);
  if (!value) throw new Error(`not a decimal: ${text}`);
  return value;
};

describe("decimal", () => {
  it("rounds half away from zero without a float in between", () => {
    expect(roundDecimal(read("0.00005"), 4)).toBe("0.0001");
    expect(roundDecimal(read("1.005"), 2)).toBe("1.01"); // (1.005).toFixed(2) says 1.00
    expect(roundDecimal(read("-1.005"), 2)).toBe("-1.01");
    expect(roundDecimal(read("0.00004999999999999999"), 4)).toBe("0.0000");
  });

  it("keeps every digit of long amounts", () => {
    expect(roundDecimal(read("12345678901234567890.123456789"), 9)).toBe("12345678901234567890.123456789");
    const sum = addDecimals(read("0.1"), read("0.2"));
    expect(roundDecimal(sum, 1)).toBe("0.3");
  });

  it("reads exponents and refuses everything else", () => {
    expect(roundDecimal(read("1.5e-7"), 8)).toBe("0.00000015");
    expect(roundDecimal(read("2E3"), 0)).toBe("2000");
    for (const text of ["", ".", "abc", "1,5", "NaN", "0x10"]) expect(parseDecimal(text)).toBeNull();
  });

  it("finds the places that show the digits that matter", () => {
    expect(placesFor(read("0.00412"), 2)).toBe(4);
    expect(placesFor(read("12.5"), 2)).toBe(0);
    expect(placesFor(read("0.5"), 2)).toBe(2);
    expect(placesFor(read("1.5"), 2)).toBe(1);
  });
});
