// Keyboard: single keys and two-key chords ("g t"), off while something is being typed.
import { useEffect, useRef } from "react";

const APPLE = /Mac|iPhone|iPad/.test(navigator.platform);

/** How the command key and K are written on this machine. */
export const COMMAND_K = APPLE ? "⌘K" : "Ctrl K";

export type Keys = Record<string, (event: KeyboardEvent) => void>;

const CHORD_MS = 900;
let chord: { key: string; at: number } | null = null;

function typing(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement && /^(checkbox|radio|button)$/.test(target.type)) return false;
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

/** Later-mounted handlers see a key first; one that acts calls preventDefault and ends the search. */
const stack: { current: Keys }[] = [];

function dispatch(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || event.altKey) return;
  const command = event.metaKey || event.ctrlKey;
  if (command && event.key.toLowerCase() !== "k") return;
  if (!command && typing(event.target)) return;
  const name = command ? "mod+k" : event.key;
  const first = chord && event.timeStamp - chord.at < CHORD_MS ? chord.key : null;
  chord = null;
  for (const keys of [...stack].reverse()) {
    const handler = (first && keys.current[`${first} ${name}`]) || (!first && keys.current[name]);
    if (!handler) continue;
    handler(event);
    if (event.defaultPrevented) return;
  }
  if (!first && name === "g") chord = { key: name, at: event.timeStamp };
}

window.addEventListener("keydown", dispatch);

/** Binds keys while the component is on the screen. */
export function useKeys(keys: Keys): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    stack.push(latest);
    return () => {
      stack.splice(stack.indexOf(latest), 1);
    };
  }, []);
}
