// Quipu for TypeScript: configures OpenTelemetry, and reports what it could not deliver.
//
// One file to copy. It needs release 3 of OpenTelemetry: @opentelemetry/ api, context-async-hooks, core,
// exporter-trace-otlp-proto, resources and sdk-trace.
//
//   const client = init({ service: "my-agent" });
//   await context({ session: "s-17", user: "u-4", tags: ["beta"] }, () => run());

import { AsyncLocalStorage } from "node:async_hooks";
import { randomUUID } from "node:crypto";
import { writeSync } from "node:fs";
import { type Attributes, type Context, context as active, propagation, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import type { ReadableSpan, Span, SpanExporter, SpanProcessor } from "@opentelemetry/sdk-trace";

/** Longest flush at the end. */
const FLUSH_MS = 5_000;
/** Flushes at the end: spans can end while one is on its way. */
const ROUNDS = 10;
/** Further spans are lost, and reported. */
const QUEUE_SPANS = 16_384;

export type Names = { session?: string; user?: string; tags?: string[] };

export interface Options {
  service?: string;
  /** Address of the server [default: QUIPU_URL, else http://127.0.0.1:8080]. */
  url?: string;
  /** API key [default: QUIPU_API_KEY]. */
  key?: string;
  attributes?: Attributes;
}

export interface Score {
  id?: string;
  traceId?: string;
  spanId?: string;
  session?: string;
  comment?: string;
  source?: string;
}

export type Verdict = { allowed: boolean; refusal: unknown };

const names = new AsyncLocalStorage<Attributes>();

/** Names session, user and tags of every span that starts within `work`. */
export function context<T>({ session, user, tags }: Names, work: () => T): T {
  const own: Attributes = { "session.id": session, "user.id": user, "tag.tags": tags };
  const given = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
  return names.run({ ...names.getStore(), ...given }, work);
}

/** Puts the context on each span, and counts ended and delivered spans. */
class Counter implements SpanProcessor {
  ended = 0;
  delivered = 0;
  sending = 0;
  error = "";
  private readonly inner: BatchSpanProcessor;

  constructor(exporter: SpanExporter) {
    const counted: SpanExporter = {
      export: (spans, done) => {
        this.sending += spans.length;
        exporter.export(spans, (result) => {
          this.sending -= spans.length;
          if (result.code === 0) this.delivered += spans.length;
          else this.error = result.error?.message || "the server did not accept them";
          done(result);
        });
      },
      shutdown: () => exporter.shutdown(),
    };
    this.inner = new BatchSpanProcessor({
      exporter: counted,
      maxQueueSize: QUEUE_SPANS,
      maxExportBatchSize: 512,
      scheduledDelayMillis: 200,
      exportTimeoutMillis: FLUSH_MS - 1_000,
    });
  }

  onStart(span: Span, parent: Context): void {
    span.setAttributes(names.getStore() ?? {});
    this.inner.onStart(span, parent);
  }

  onEnd(span: ReadableSpan): void {
    this.ended += span.spanContext().traceFlags & 1;
    this.inner.onEnd(span);
  }

  forceFlush(): Promise<void> {
    return this.inner.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.inner.shutdown();
  }
}

export class Client {
  readonly provider: TracerProvider;
  readonly url: string;
  private readonly headers: Record<string, string>;
  private readonly counter: Counter;
  private isDone = false;

  constructor(options: Options) {
    const key = options.key || process.env.QUIPU_API_KEY;
    this.url = (options.url || process.env.QUIPU_URL || "http://127.0.0.1:8080").replace(/\/+$/, "");
    this.headers = key ? { authorization: `Bearer ${key}` } : {};
    this.counter = new Counter(new OTLPTraceExporter({ url: `${this.url}/v1/traces`, headers: this.headers }));
    const service = options.service ? { "service.name": options.service } : {};
    this.provider = new TracerProvider({
      resource: resourceFromAttributes({ ...service, ...options.attributes }),
      spanProcessors: [this.counter],
    });
  }

  /** Counts of ended, delivered and missing spans; spans on their way are missing too. */
  stats(): { ended: number; delivered: number; lost: number } {
    const { ended, delivered } = this.counter;
    return { ended, delivered, lost: ended - delivered };
  }

  /** Sends waiting spans; true if the server has all of them. */
  async flush(most = FLUSH_MS): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, most);
    });
    await Promise.race([this.counter.forceFlush().catch(() => {}), late]);
    clearTimeout(timer);
    return this.stats().lost === 0;
  }

  /** Flushes, and reports lost spans on standard error; the first call counts. */
  async shutdown(): Promise<void> {
    const end = Date.now() + FLUSH_MS;
    const waits = (round: number) => (round < ROUNDS && !this.counter.error) || this.counter.sending > 0;
    for (let round = 0; waits(round) && !this.isDone && Date.now() < end; round++) {
      if (await this.flush(end - Date.now())) break;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    this.report();
  }

  report(): void {
    if (this.isDone) return;
    const { ended, lost } = this.stats();
    this.isDone = true;
    const why = this.counter.error || `the process ended first, or more than ${QUEUE_SPANS} waited`;
    if (lost) writeSync(2, `quipu: ${lost} of ${ended} spans were not delivered to ${this.url}: ${why}\n`);
  }

  /** Stores a score; one with the same `id` is replaced. Without ids it is for the current span. */
  async score(name: string, value: number | string, of: Score = {}): Promise<string> {
    const current = of.traceId || of.session ? undefined : trace.getActiveSpan()?.spanContext();
    const id = of.id || randomUUID();
    const [trace_id, span_id] = [of.traceId ?? current?.traceId, of.spanId ?? current?.spanId];
    const { session: session_id, comment, source } = of;
    await this.ask("/api/v1/scores", { scores: [{ id, name, value, trace_id, span_id, session_id, comment, source }] });
    return id;
  }

  /** Whether a budget admits a call. Nothing is reserved. */
  checkBudget(name: string, usd?: string, subject: Record<string, string> = {}): Promise<Verdict> {
    return this.ask(`/api/v1/budgets/${encodeURIComponent(name)}/check`, { usd, subject }) as Promise<Verdict>;
  }

  private async ask(path: string, body: unknown): Promise<unknown> {
    const headers = { ...this.headers, "content-type": "application/json" };
    const answer = await fetch(this.url + path, { method: "POST", headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: the server answered ${answer.status}: ${await answer.text()}`);
    return answer.status === 204 ? {} : answer.json();
  }
}

/** Starts OpenTelemetry for this process. At its end, and after SIGTERM, spans are flushed and losses reported. */
export function init(options: Options = {}): Client {
  const client = new Client(options);
  trace.setGlobalTracerProvider(client.provider);
  active.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  process.once("beforeExit", () => client.shutdown());
  process.once("exit", () => client.report()); // process.exit() leaves no time for a flush
  process.once("SIGTERM", async () => {
    await client.shutdown();
    // The default action ends the process, unless the program has a handler of its own.
    if (process.listenerCount("SIGTERM") === 0) process.kill(process.pid, "SIGTERM");
  });
  return client;
}
