// Ends spans until a signal ends it. Each ended span is one byte on standard output.
import { writeSync } from "node:fs";
import { trace } from "@opentelemetry/api";
import { init } from "./quipu.ts";

init({ service: process.argv[2] });
const tracer = trace.getTracer("end");
setInterval(() => {
  tracer.startActiveSpan("step", (span) => span.end());
  writeSync(1, ".");
}, 1);
