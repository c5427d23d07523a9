// Long work in short pieces: a frame never waits for it.
import { useEffect, useRef, useState } from "react";

const PIECE_MS = 8;

const later = (go: () => void) => {
  const channel = new MessageChannel();
  channel.port1.onmessage = go;
  channel.port2.postMessage(null);
};

/** Runs `work` in pieces of a few milliseconds; `done` is not called once `stopped` says true. */
export function inPieces<T>(work: Generator<unknown, T>, stopped: () => boolean, done: (result: T) => void) {
  const go = () => {
    if (stopped()) return;
    const until = performance.now() + PIECE_MS;
    do {
      const step = work.next();
      if (step.done) {
        done(step.value);
        return;
      }
    } while (performance.now() < until);
    later(go);
  };
  go();
}

/** What `make` comes to for `key`; null until then, and while it is not wanted. */
export function usePieces<T>(make: () => Generator<unknown, T>, key: unknown, wanted = true): T | null {
  const [done, setDone] = useState<{ key: unknown; result: T } | null>(null);
  const latest = useRef(make);
  latest.current = make;
  useEffect(() => {
    if (!wanted) return;
    let stopped = false;
    inPieces(
      latest.current(),
      () => stopped,
      (result) => setDone({ key, result }),
    );
    return () => {
      stopped = true;
    };
  }, [key, wanted]);
  return done !== null && done.key === key ? done.result : null;
}

/** True a moment after `ready` is: what waits for it does not stand in the way of what is drawn first. */
export function useAfterwards(ready: boolean): boolean {
  const [passed, setPassed] = useState(false);
  useEffect(() => {
    if (!ready) return;
    const timer = setTimeout(() => setPassed(true), 30);
    return () => clearTimeout(timer);
  }, [ready]);
  return ready && passed;
}
