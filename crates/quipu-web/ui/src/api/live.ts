// The live feed: one WebSocket for the whole page, opened once and reopened with growing pauses.
import { useEffect, useRef, useSyncExternalStore } from "react";
import type { LiveFrame } from "./types";

export type Connection = "connecting" | "open" | "lost";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

let connection: Connection = "connecting";
let pause = FIRST_PAUSE_MS;
let started = false;
const stateListeners = new Set<() => void>();
const frameListeners = new Set<(frame: LiveFrame | { type: "reopened" }) => void>();

function become(next: Connection): void {
  if (connection === next) return;
  connection = next;
  for (const listener of stateListeners) listener();
}

function emit(frame: LiveFrame | { type: "reopened" }): void {
  for (const listener of frameListeners) listener(frame);
}

function open(): void {
  const url = new URL("/api/v1/live", window.location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(url);
  socket.onopen = () => {
    const again = connection === "lost";
    pause = FIRST_PAUSE_MS;
    become("open");
    if (again) emit({ type: "reopened" });
  };
  socket.onmessage = (message: MessageEvent<unknown>) => {
    if (typeof message.data !== "string") return;
    try {
      emit(JSON.parse(message.data) as LiveFrame);
    } catch {
      // A frame that is no JSON carries nothing to show.
    }
  };
  socket.onclose = () => {
    become("lost");
    setTimeout(open, pause * (0.75 + Math.random() / 2));
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  };
}

function watch(listener: () => void): () => void {
  if (!started) {
    started = true;
    open();
  }
  stateListeners.add(listener);
  return () => stateListeners.delete(listener);
}

export function useConnection(): Connection {
  return useSyncExternalStore(watch, () => connection);
}

/** Calls back for every frame, and with "reopened" after a gap in which frames were missed. */
export function useLive(onFrame: (frame: LiveFrame | { type: "reopened" }) => void): void {
  const latest = useRef(onFrame);
  latest.current = onFrame;
  useEffect(() => {
    const listener = (frame: LiveFrame | { type: "reopened" }) => latest.current(frame);
    frameListeners.add(listener);
    return () => {
      frameListeners.delete(listener);
    };
  }, []);
}
