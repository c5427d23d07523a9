// A trace played again: a cursor that moves through its time, with idle time passed over.
import { useEffect, useMemo, useRef, useSyncExternalStore } from "react";
import type { Outline } from "../../lib/outline";
import type { Interval } from "../../lib/tree";

/** How much of the trace passes in a second of the clock. */
export const SPEEDS = [0.1, 0.25, 0.5, 1, 2, 5, 10, 25, 50, 100, 250, 1000] as const;
/** A trace should take about this long, unless asked otherwise. */
const WANTED_S = 8;
/** Screens that draw more than the cursor are told this often. */
const TICK_MS = 160;
/** Where motion is not wanted, the cursor steps this often instead of gliding. */
const STILL_STEP_MS = 700;

export interface PlayState {
  /** Milliseconds into the trace; null when the whole of it is shown. */
  at: number | null;
  playing: boolean;
  speed: number;
  skipsIdle: boolean;
}

/** The speed at which `total` milliseconds take about as long as one likes to watch. */
export function fittingSpeed(total: number): number {
  const wanted = total / 1000 / WANTED_S;
  return SPEEDS.find((speed) => speed >= wanted) ?? SPEEDS[SPEEDS.length - 1] ?? 1;
}

/** Times in which no span without children runs, if they are long enough to be noticed. */
export function idleGaps(outline: Outline, total: number): Interval[] {
  const least = Math.max(total * 0.02, 1);
  const leaves: number[] = [];
  for (let row = 0; row < outline.loaded; row += 1) if (!outline.hasChildren(row)) leaves.push(row);
  leaves.sort((a, b) => outline.startOf(a) - outline.startOf(b));
  const gaps: Interval[] = [];
  let at = 0;
  for (const row of leaves) {
    const start = outline.startOf(row);
    if (start - at > least) gaps.push([at, start]);
    at = Math.max(at, outline.endOf(row, total));
  }
  if (total - at > least) gaps.push([at, total]);
  return gaps;
}

export class Player {
  state: PlayState;
  total: number;
  gaps: readonly Interval[] = [];
  private readonly coarse = new Set<() => void>();
  private readonly fine = new Set<(at: number | null) => void>();
  private frame = 0;
  private before = 0;
  private toldAt = 0;

  constructor(total: number, at: number | null) {
    this.total = total;
    this.state = { at, playing: false, speed: fittingSpeed(total), skipsIdle: true };
  }

  readonly subscribe = (listener: () => void) => {
    this.coarse.add(listener);
    return () => {
      this.coarse.delete(listener);
    };
  };

  /** Called for every frame with the cursor's time. */
  readonly follow = (listener: (at: number | null) => void) => {
    this.fine.add(listener);
    listener(this.state.at);
    return () => {
      this.fine.delete(listener);
    };
  };

  set(patch: Partial<PlayState>): void {
    this.state = { ...this.state, ...patch };
    for (const listener of this.fine) listener(this.state.at);
    for (const listener of this.coarse) listener();
  }

  toggle(from = 0): void {
    if (this.state.playing) {
      this.pause();
      return;
    }
    const { at } = this.state;
    this.set({ at: at === null || at >= this.total ? from : at, playing: true });
    this.before = performance.now();
    this.frame = requestAnimationFrame(this.step);
  }

  pause(): void {
    cancelAnimationFrame(this.frame);
    this.set({ playing: false });
  }

  /** Shows the whole trace again. */
  end(): void {
    cancelAnimationFrame(this.frame);
    this.set({ playing: false, at: null });
  }

  private readonly step = (now: number) => {
    const { at, speed, skipsIdle } = this.state;
    if (!this.state.playing || at === null) return;
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    const passed = now - this.before;
    this.frame = requestAnimationFrame(this.step);
    if (still && passed < STILL_STEP_MS) return;
    this.before = now;
    let next = at + Math.max(0, passed) * speed;
    if (skipsIdle) {
      const gap = this.gaps.find(([from, to]) => next > from && next < to);
      if (gap) next = gap[1];
    }
    if (next >= this.total) {
      cancelAnimationFrame(this.frame);
      this.set({ at: this.total, playing: false });
      return;
    }
    this.state = { ...this.state, at: next };
    for (const listener of this.fine) listener(next);
    if (still || now - this.toldAt > TICK_MS) {
      this.toldAt = now;
      for (const listener of this.coarse) listener();
    }
  };
}

export function usePlayer(total: number, first: number | null) {
  const player = useRef<Player | null>(null);
  player.current ??= new Player(total, first);
  const current = player.current;
  const wasFitting = useRef(fittingSpeed(total));
  useEffect(() => {
    current.total = total;
    const fitting = fittingSpeed(total);
    if (current.state.speed === wasFitting.current && fitting !== wasFitting.current)
      current.set({ speed: fitting });
    wasFitting.current = fitting;
  }, [current, total]);
  useEffect(() => () => current.pause(), [current]);
  const state = useSyncExternalStore(current.subscribe, () => current.state);
  return { player: current, state };
}

/** The rows in order of start, to know what had happened by a time. */
export function useByStart(outline: Outline | null, loaded: number, wanted: boolean): Int32Array | null {
  return useMemo(() => {
    if (!outline || !wanted) return null;
    const order = new Int32Array(loaded);
    for (let row = 0; row < loaded; row += 1) order[row] = row;
    return order.sort((a, b) => outline.startOf(a) - outline.startOf(b));
  }, [outline, loaded, wanted]);
}

/** How many rows of `order` had started by `at`. */
export function startedBy(outline: Outline, order: Int32Array, at: number): number {
  let low = 0;
  let high = order.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (outline.startOf(order[middle] ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}
