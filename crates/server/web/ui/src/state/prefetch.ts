// Reads the code of pages ahead, so that a page opens at once and also while the server is away.

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
