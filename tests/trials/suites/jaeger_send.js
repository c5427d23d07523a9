// Sends one trace by npm jaeger-client, and prints what it sent. Usage: node jaeger_send.js binary PORT | http URL
const { initTracer, opentracing } = require('jaeger-client');

const [transport, target] = process.argv.slice(2);
const reporter = { flushIntervalMs: 50 };
if (transport === 'http') reporter.collectorEndpoint = target;
else Object.assign(reporter, { agentHost: '127.0.0.1', agentPort: Number(target) });

const config = { serviceName: 'research-agent', sampler: { type: 'const', param: 1 }, reporter };
const failed = text => {
  console.error(text);
  process.exitCode = 1;
};
const tracer = initTracer(config, {
  logger: { info() {}, error: failed },
  tags: { environment: 'test', hostname: 'agent-1', ip: '10.0.0.7' },
  traceId128bit: true,
});

const begin = Date.now() - 100;
const told = [];
const span = (name, kind, parent, links, tags, events) => {
  const references = links.map(link => opentracing.followsFrom(link.context()));
  if (parent) references.unshift(opentracing.childOf(parent.context()));
  const one = tracer.startSpan(name, { references, startTime: begin, tags: { 'span.kind': kind, ...tags } });
  events.forEach(([event, fields], at) => one.log({ event, ...fields }, begin + 10 * (at + 1)));
  one.finish(begin + 50);
  const context = one.context();
  const hex = (buffer, digits) => (buffer ? buffer.toString('hex').padStart(digits, '0') : null);
  const { error, ...attributes } = tags;
  told.push({
    trace_id: hex(context.traceId, 32),
    span_id: hex(context.spanId, 16),
    parent_id: hex(context.parentId, 16),
    name,
    kind,
    start_us: begin * 1000,
    duration_us: 50000,
    status: error ? 'error' : 'unset',
    status_message: '',
    attributes,
    events: events.map(([event, fields], at) => [event, (begin + 10 * (at + 1)) * 1000, fields]),
    links: links.map(link => [hex(link.context().traceId, 32), hex(link.context().spanId, 16)]),
    service: 'research-agent',
    environment: 'test',
    scope: ['', ''],
  });
  return one;
};

const root = span('invoke_agent planner', 'server', null, [], { 'gen_ai.operation.name': 'invoke_agent' }, [
  ['retry', { n: 2, why: 'ümlaut' }],
]);
const other = span('plan', 'client', root, [], { step: 1 }, []);
span('chat gpt-4o', 'client', root, [other], {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'gpt-4o',
  'gen_ai.usage.input_tokens': 120,
  'gen_ai.usage.output_tokens': 30,
  'gen_ai.request.temperature': 0.25,
  stream: true,
  error: true,
}, []);

tracer.close(() => console.log(JSON.stringify(told)));
