import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { askAnew, paced } from "../src/api/again";

/** Questions whose answers come when the test says so. */
function questions() {
  const open: { signal: AbortSignal | undefined; answer: (what: number) => void; fail: () => void }[] = [];
  const ask = (signal?: AbortSignal) =>
    new Promise<number>((answer, fail) => open.push({ signal, answer, fail: () => fail(new Error("no")) }));
  return { open, ask };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("what is asked at a pace", () => {
  it("is asked once for all that is told in a pause", async () => {
    const { open, ask } = questions();
    const pace = paced(ask, 1000);
    for (let told = 0; told < 5; told += 1) pace.soon();
    await vi.advanceTimersByTimeAsync(999);
    expect(open.length).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(open.length).toBe(1);
  });

  it("is asked again after an answer during which something was told, never twice at once", async () => {
    const { open, ask } = questions();
    const pace = paced(ask, 1000);
    pace.soon();
    await vi.advanceTimersByTimeAsync(1000);
    pace.soon();
    pace.soon();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(open.length).toBe(1);
    open[0]?.answer(1);
    await vi.advanceTimersByTimeAsync(1000);
    expect(open.length).toBe(2);
    open[1]?.answer(2);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(open.length).toBe(2);
  });

  it("is tried again when it fails, three times and ever later", async () => {
    const { open, ask } = questions();
    const pace = paced(ask, 1000);
    pace.soon();
    for (const pause of [1000, 2000, 4000, 8000]) {
      await vi.advanceTimersByTimeAsync(pause);
      open.at(-1)?.fail();
      await vi.advanceTimersByTimeAsync(0);
    }
    await vi.advanceTimersByTimeAsync(600_000);
    expect(open.length).toBe(4);
    pace.soon();
    await vi.advanceTimersByTimeAsync(1000);
    expect(open.length).toBe(5);
  });

  it("is asked at once where a first pause is none, and then at the pace", async () => {
    const { open, ask } = questions();
    const pace = paced(ask, 1000, 0);
    pace.soon();
    await vi.advanceTimersByTimeAsync(0);
    expect(open.length).toBe(1);
    open[0]?.answer(1);
    pace.soon();
    await vi.advanceTimersByTimeAsync(999);
    expect(open.length).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(open.length).toBe(2);
    open[1]?.answer(2);
    await vi.advanceTimersByTimeAsync(5000);
    pace.soon();
    await vi.advanceTimersByTimeAsync(0);
    expect(open.length).toBe(3);
  });

  it("is given up, and can begin anew", async () => {
    const { open, ask } = questions();
    const pace = paced(ask, 1000);
    pace.soon();
    await vi.advanceTimersByTimeAsync(1000);
    pace.soon();
    pace.stop();
    expect(open[0]?.signal?.aborted).toBe(true);
    open[0]?.answer(1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(open.length).toBe(1);
    pace.soon();
    await vi.advanceTimersByTimeAsync(1000);
    expect(open.length).toBe(2);
  });
});

describe("what is asked anew", () => {
  it("is not content with a first answer that is still under way", async () => {
    const { open, ask } = questions();
    const client = new QueryClient();
    const query = new QueryObserver(client, { queryKey: ["events", "all"], queryFn: () => ask() });
    const leave = query.subscribe(() => undefined);
    const asked = askAnew(client, { queryKey: ["events"] });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(open.length).toBe(1);
    open[0]?.answer(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(query.getCurrentResult().data).toBe(1);
    open[1]?.answer(2);
    await asked;
    expect(query.getCurrentResult().data).toBe(2);
    leave();
  });

  it("fails where the answer is a failure", async () => {
    const { open, ask } = questions();
    const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
    const query = new QueryObserver(client, { queryKey: ["events"], queryFn: () => ask(), initialData: 0 });
    const leave = query.subscribe(() => undefined);
    open[0]?.answer(1);
    await vi.advanceTimersByTimeAsync(1);
    const asked = askAnew(client, { queryKey: ["events"] }).catch((error: Error) => error.message);
    await vi.advanceTimersByTimeAsync(1);
    open[1]?.fail();
    expect(await asked).toBe("no");
    leave();
  });
});
