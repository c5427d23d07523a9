"""Quipu for Python: configures OpenTelemetry, and reports what it could not deliver.

One file to copy. It needs opentelemetry-sdk and opentelemetry-exporter-otlp-proto-http.

    client = quipu.init(service="my-agent")
    with quipu.context(session="s-17", user="u-4", tags=["beta"]):
        ...
"""

import atexit
import contextlib
import contextvars
import json
import os
import signal
import threading
import urllib.error
import urllib.request
import uuid

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

FLUSH_SECONDS = 5.0  # longest flush at the end
QUEUE_SPANS = 16_384  # further spans are lost, and reported
_attributes = contextvars.ContextVar("quipu_attributes", default={})


@contextlib.contextmanager
def context(session=None, user=None, tags=None):
    """Names session, user and tags of every span that starts within the block."""
    own = {"session.id": session, "user.id": user, "tag.tags": list(tags) if tags else None}
    own = {name: value for name, value in own.items() if value is not None}
    token = _attributes.set({**_attributes.get(), **own})
    try:
        yield
    finally:
        _attributes.reset(token)


class _Exporter(SpanExporter):
    """Counts the spans that the server accepted."""

    def __init__(self, inner):
        self.inner, self.delivered, self.error = inner, 0, None

    def export(self, spans):
        try:
            result = self.inner.export(spans)
        except Exception as error:  # the exporter must not end the program
            self.error, result = f"{type(error).__name__}: {error}", SpanExportResult.FAILURE
        if result is SpanExportResult.SUCCESS:
            self.delivered += len(spans)
        elif self.error is None:
            self.error = "the server did not accept them"
        return result

    def shutdown(self):
        self.inner.shutdown()

    def force_flush(self, timeout_millis=30_000):
        return self.inner.force_flush(timeout_millis)


class _Processor(SpanProcessor):
    """Puts the context on each span, and counts the ended spans."""

    def __init__(self, inner):
        self.inner, self.ended, self.lock = inner, 0, threading.Lock()

    def on_start(self, span, parent_context=None):
        span.set_attributes(_attributes.get())
        self.inner.on_start(span, parent_context)

    def on_end(self, span):
        with self.lock:
            self.ended += span.context.trace_flags.sampled
            self.inner.on_end(span)

    def shutdown(self):
        self.inner.shutdown()

    def force_flush(self, timeout_millis=30_000):
        return self.inner.force_flush(timeout_millis)


class Client:
    """A running configuration; `provider` is the tracer provider for instrumentations."""

    def __init__(self, url, key, service, attributes):
        self.url, self.key, self._done, self._over = url.rstrip("/"), key, False, threading.Event()
        headers = {"authorization": f"Bearer {key}"} if key else {}
        self._exporter = _Exporter(OTLPSpanExporter(endpoint=f"{self.url}/v1/traces", headers=headers, timeout=4))
        batches = BatchSpanProcessor(
            self._exporter, max_queue_size=QUEUE_SPANS, schedule_delay_millis=200, max_export_batch_size=512
        )
        self._processor = _Processor(batches)
        resource = Resource.create({**({"service.name": service} if service else {}), **attributes})
        self.provider = TracerProvider(resource=resource)
        self.provider.add_span_processor(self._processor)

    def stats(self):
        """Counts of ended, delivered and missing spans; spans on their way are missing too."""
        ended, delivered = self._processor.ended, self._exporter.delivered
        return {"ended": ended, "delivered": delivered, "lost": ended - delivered}

    def flush(self, seconds=FLUSH_SECONDS):
        """Sends waiting spans; true if the server has all of them."""
        work = threading.Thread(target=self._processor.force_flush, daemon=True)
        try:
            work.start()
            work.join(seconds)
        except RuntimeError:  # the interpreter ends, and starts no more threads
            self._processor.force_flush()
        return self.stats()["lost"] == 0

    def shutdown(self):
        """Flushes, and reports lost spans on standard error; the first call counts."""
        with self._processor.lock:
            if self._done:
                return
            self._done = True
        self.flush()
        self._report()
        self._over.set()

    def _report(self):
        stats = self.stats()
        if stats["lost"]:
            why = self._exporter.error or f"no answer in {FLUSH_SECONDS:g} s, or more than {QUEUE_SPANS} waited"
            text = f"quipu: {stats['lost']} of {stats['ended']} spans were not delivered to {self.url}: {why}\n"
            os.write(2, text.encode())

    def _terminate(self, number, _frame):
        # The default action ends the process after the flush. A thread flushes, because this handler may have
        # interrupted code that holds a lock.
        signal.signal(number, signal.SIG_DFL)

        def finish():
            # No span can end between the report and the end of the process.
            with self._processor.lock:
                if self._done:
                    self._over.wait(FLUSH_SECONDS)
                else:
                    self._done = True
                    self.flush()
                    self._report()
                os.kill(os.getpid(), number)

        threading.Thread(target=finish, daemon=True).start()

    def _ask(self, path, body):
        headers = {"content-type": "application/json"}
        if self.key:
            headers["authorization"] = f"Bearer {self.key}"
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            detail = error.read(2_000).decode(errors="replace")
            raise RuntimeError(f"{path}: the server answered {error.code}: {detail}") from None

    def score(self, name, value, trace_id=None, span_id=None, session=None, comment=None, id=None, source=None):
        """Stores a score; one with the same `id` is replaced. Without ids it is for the current span."""
        current = trace.get_current_span().get_span_context()
        if trace_id is None and session is None and current.is_valid:
            trace_id, span_id = f"{current.trace_id:032x}", f"{current.span_id:016x}"
        score = {"id": id or uuid.uuid4().hex, "name": name, "value": value, "trace_id": trace_id}
        score.update(span_id=span_id, session_id=session, comment=comment, source=source)
        self._ask("/api/v1/scores", {"scores": [{k: v for k, v in score.items() if v is not None}]})
        return score["id"]

    def check_budget(self, name, usd=None, tokens=None, **subject):
        """Whether a budget admits a call: a dict with `allowed` and `refusal`. Nothing is reserved."""
        body = {"usd": None if usd is None else str(usd), "tokens": tokens, "subject": subject}
        return self._ask(f"/api/v1/budgets/{name}/check", {k: v for k, v in body.items() if v is not None})


def init(service=None, url=None, key=None, attributes=None, install=True):
    """Starts OpenTelemetry for this process; `install` makes it the global tracer provider.

    At exit, and after SIGTERM if the program has no handler of its own, waiting spans are flushed and lost
    ones are reported.
    """
    url = url or os.environ.get("QUIPU_URL") or "http://127.0.0.1:8080"
    client = Client(url, key or os.environ.get("QUIPU_API_KEY"), service, attributes or {})
    if install:
        trace.set_tracer_provider(client.provider)
    atexit.register(client.shutdown)
    is_main = threading.current_thread() is threading.main_thread()
    if is_main and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, client._terminate)
    return client
