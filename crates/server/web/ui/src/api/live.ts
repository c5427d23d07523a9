// The live feed: one WebSocket for the whole page. After a break it goes on where it stopped, if the server still can;
// else everything on the screen is asked anew.
import { useEffect, useRef, useSyncExternalStore } from "react";
import type { LiveFrame } from "./types";

export type Connection = "connecting" | "open" | "lost";
export type Topic = "traces" | "budgets" | "events" | "system";

/** A frame of the server, or "reopened" after a gap in which frames were missed. */
export type Told = LiveFrame | { type: "reopened" };

/**
 * Whether traces have changed or may have. After a `hello` all that is committed is told; what came before it a list may lack
 * that was asked earlier, unless the line goes on where another stopped.
 */
export const changesTraces = (frame: Told): boolean =>
  ["trace", "deleted", "lagged", "reopened"].includes(frame.type) ||
  (frame.type === "hello" && frame.resumed !== true);

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;
/** The server says something every 20 s; a line that is silent for longer than this is cut. */
const SILENCE_MS = 50_000;
/** Pages change one after the other: what they want is settled a moment later. */
const SETTLE_MS = 150;
const ALWAYS: readonly Topic[] = ["traces", "budgets"];

let connection: Connection = "connecting";
let pause = FIRST_PAUSE_MS;
let socket: WebSocket | null = null;
let reopening: ReturnType<typeof setTimeout> | undefined;
let silence: ReturnType<typeof setTimeout> | undefined;
/** Which run of the server spoke last, and the number of its last frame. */
let boot: string | null = null;
let last: number | null = null;
let asked = "";
const wanted = new Map<Topic, number>();
const stateListeners = new Set<() => void>();
const frameListeners = new Set<(frame: Told) => void>();

function become(next: Connection): void {
  if (connection === next) return;
  connection = next;
  for (const listener of stateListeners) listener();
}

function emit(frame: Told): void {
  for (const listener of frameListeners) listener(frame);
}

const topics = (): string => [...new Set([...ALWAYS, ...wanted.keys()])].sort().join(",");

function address(): URL {
  const url = new URL("/api/v1/live", window.location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  asked = topics();
  url.searchParams.set("topics", asked);
  if (boot !== null && last !== null) {
    url.searchParams.set("boot", boot);
    url.searchParams.set("after", String(last));
  }
  return url;
}

function read(frame: LiveFrame): void {
  if (frame.type === "hello") {
    // A page that opened while the server was away has nothing yet: it asks again too.
    const missed = boot !== null || connection === "lost";
    boot = frame.boot ?? null;
    if (frame.resumed !== true || last === null) last = frame.seq ?? null;
    pause = FIRST_PAUSE_MS;
    become("open");
    if (missed && frame.resumed !== true) emit({ type: "reopened" });
    // Topics that somebody came to want while the line was being opened.
    setTimeout(settle);
  } else if (typeof frame.seq === "number") last = frame.seq;
  emit(frame);
}

function listen(line: WebSocket): void {
  clearTimeout(silence);
  silence = setTimeout(() => line.close(), SILENCE_MS);
}

function open(): void {
  clearTimeout(reopening);
  reopening = undefined;
  const line = new WebSocket(address());
  socket = line;
  line.onopen = () => listen(line);
  line.onmessage = (message: MessageEvent<unknown>) => {
    if (line !== socket || typeof message.data !== "string") return;
    listen(line);
    try {
      read(JSON.parse(message.data) as LiveFrame);
    } catch {
      // A frame that is no JSON carries nothing to show.
    }
  };
  line.onclose = () => {
    // A line that was given up for another one has nothing to say.
    if (line !== socket) return;
    socket = null;
    clearTimeout(silence);
    become("lost");
    reopening = setTimeout(open, pause * (0.75 + Math.random() / 2));
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  };
}

/** The network is back, or the page is looked at again: no need to wait for the rest of a pause. */
function hurry(): void {
  if (!reopening || document.visibilityState === "hidden") return;
  pause = FIRST_PAUSE_MS;
  open();
}

/** Asks for other topics by another line that goes on where this one is. */
function settle(): void {
  if (!socket || socket.readyState !== WebSocket.OPEN || topics() === asked) return;
  const before = socket;
  open();
  before.close();
}

function start(): void {
  if (socket || reopening) return;
  window.addEventListener("online", hurry);
  document.addEventListener("visibilitychange", hurry);
  open();
}

function watch(listener: () => void): () => void {
  start();
  stateListeners.add(listener);
  return () => stateListeners.delete(listener);
}

export function useConnection(): Connection {
  return useSyncExternalStore(watch, () => connection);
}

const NONE: readonly Topic[] = [];

/**
 * Calls back for every frame, and with "reopened" after a gap in which frames were missed. Frames of traces and budgets
 * always come; those of other topics while somebody who is on the screen wants them.
 */
export function useLive(onFrame: (frame: Told) => void, more: readonly Topic[] = NONE): void {
  const latest = useRef(onFrame);
  latest.current = onFrame;
  const names = more.join(",");
  useEffect(() => {
    const listener = (frame: Told) => latest.current(frame);
    frameListeners.add(listener);
    return () => {
      frameListeners.delete(listener);
    };
  }, []);
  useEffect(() => {
    const mine = names ? (names.split(",") as Topic[]) : [];
    for (const topic of mine) wanted.set(topic, (wanted.get(topic) ?? 0) + 1);
    const timer = setTimeout(settle, SETTLE_MS);
    return () => {
      clearTimeout(timer);
      for (const topic of mine) {
        const others = (wanted.get(topic) ?? 1) - 1;
        if (others > 0) wanted.set(topic, others);
        else wanted.delete(topic);
      }
      if (mine.length > 0) setTimeout(settle, SETTLE_MS);
    };
  }, [names]);
}
