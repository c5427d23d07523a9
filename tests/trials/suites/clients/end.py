"""Ends spans until a signal ends it. Each ended span is one byte on standard output."""

import os
import sys
import threading

sys.path.insert(0, sys.argv[1])
import quipu
from opentelemetry import trace

quipu.init(service=sys.argv[2])
tracer = trace.get_tracer("end")


def work():
    while True:
        with tracer.start_as_current_span("step"):
            pass
        os.write(1, b".")
        threading.Event().wait(0.002)


# Spans also end on another thread than the one that gets the signal.
threading.Thread(target=work, daemon=True).start()
work()
