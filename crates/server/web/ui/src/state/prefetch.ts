// Reads the code of pages ahead, so that a page opens at once and also while the server is away.

import { type ComponentType, createElement, lazy, type ReactElement, useState } from "react";

type Load<Page> = () => Promise<Page>;

const waiting: Load<unknown>[] = [];
let begun = false;

/** Milliseconds after the first page in which nothing is read ahead. */
const PATIENCE_MS = 4_000;

const whenIdle = (run: () => void) =>
  "requestIdleCallback" in window
    ? window.requestIdleCallback(run, { timeout: 10_000 })
    : setTimeout(run, 500);

function next(): void {
  const load = waiting.shift();
  if (!load) return;
  // One that cannot be read now is read when it is opened.
  load().then(
    () => whenIdle(next),
    () => {},
  );
}

/** Readers who save data read no page that they do not open. */
function savesData(): boolean {
  const { connection } = navigator as { connection?: { saveData?: boolean } };
  return connection?.saveData === true;
}

/** The same loader, which is also run once the browser has nothing else to do. */
export function prefetched<Page>(load: Load<Page>): Load<Page> {
  waiting.push(load);
  if (!begun && !savesData()) {
    begun = true;
    setTimeout(() => whenIdle(next), PATIENCE_MS);
  }
  return load;
}

/** Reads of the parts, by the parts. */
const reads = new WeakMap<object, Load<unknown>>();

/**
 * A component whose code is read when it is first drawn, or earlier while the browser is idle. Code that is
 * there already is drawn at once: `lazy` alone would wait once more, and React then keeps the place empty for
 * 300 ms.
 */
export function part<Props extends object>(load: Load<ComponentType<Props>>): ComponentType<Props> {
  let loaded: ComponentType<Props> | null = null;
  const read = prefetched(async () => {
    loaded = await load();
    return { default: loaded };
  });
  const Late = lazy(read) as unknown as ComponentType<Props>;
  const Part = (props: Props) => {
    const [Drawn] = useState(() => loaded ?? Late);
    return createElement(Drawn, props);
  };
  reads.set(Part, read);
  return Part;
}

/** Begins to read the code of an element that is drawn soon. */
export function readAhead({ type }: ReactElement): void {
  const read = typeof type === "string" ? undefined : reads.get(type);
  read?.().catch(() => {}); // It is read again, and told, where it is drawn.
}
