import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { stepText, timeTicks } from "../src/charts/ticks";
import {
  fromLocalInput,
  fullTime,
  listTime,
  minuteTime,
  otherZoneTime,
  resolveRange,
  toLocalInput,
} from "../src/lib/time";
import { readRange } from "../src/lib/timeText";
import { keepZone, zoneText } from "../src/lib/zone";

const now = new Date("2026-11-23T00:30:00Z");
const zoneOfTests = process.env.TZ;

describe("times in UTC, on a computer in Kathmandu", () => {
  beforeEach(() => {
    process.env.TZ = "Asia/Kathmandu";
    keepZone("utc");
  });
  afterEach(() => {
    process.env.TZ = zoneOfTests;
    keepZone("local");
  });

  it("are those of UTC, with its name", () => {
    expect(listTime("2026-11-23T00:10:05Z", now)).toBe("00:10:05");
    expect(minuteTime("2026-11-22T23:59:00Z", now)).toBe("22 Nov 23:59");
    expect(fullTime("2026-11-22T23:59:00.007Z")).toBe("22 Nov 2026 23:59:00.007");
    expect(zoneText(now)).toBe("UTC");
    expect(otherZoneTime("2026-11-22T20:00:00Z")).toContain("1:45:00");
  });

  it("are read and resolved in UTC", () => {
    const today = resolveRange({ preset: "today", since: null, until: null }, now.getTime());
    expect(today).toEqual({ since: "2026-11-23T00:00:00.000Z" });
    expect(readRange("22 Nov 9:00–12:00", now)).toEqual({
      preset: "",
      since: "2026-11-22T09:00:00.000Z",
      until: "2026-11-22T12:00:00.000Z",
    });
    expect(fromLocalInput(toLocalInput("2026-11-22T09:05:00.000Z"))).toBe("2026-11-22T09:05:00.000Z");
  });

  it("stand at full hours on the axis of a chart", () => {
    const ticks = timeTicks(Date.parse("2026-11-22T18:00:00Z"), Date.parse("2026-11-23T06:00:00Z"), 700);
    expect(ticks.map(({ text }) => text)).toContain("23 Nov");
    expect(ticks.filter(({ strong }) => !strong).every(({ text }) => text.endsWith(":00"))).toBe(true);
    expect(stepText(Date.parse("2026-11-22T22:00:00Z"), Date.parse("2026-11-22T23:00:00Z"))).toBe(
      "22 Nov 22:00 – 23:00",
    );
  });

  it("follow the computer by default", () => {
    keepZone("local");
    expect(listTime("2026-11-23T00:10:05Z", now)).toBe("05:55:05");
    expect(fromLocalInput("2026-11-22T05:45")).toBe("2026-11-22T00:00:00.000Z");
    expect(zoneText(now)).toContain("UTC+5:45");
  });
});
