// Vercel AI SDK with its OpenTelemetry integration: an agent with one tool.

import { createOpenAI } from '@ai-sdk/openai';
import { OpenTelemetry } from '@ai-sdk/otel';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { generateText, isStepCount, registerTelemetry, tool } from 'ai';
import { z } from 'zod';

const sdk = new NodeSDK({ serviceName: 'weather', traceExporter: new OTLPTraceExporter() });
sdk.start();
registerTelemetry(new OpenTelemetry());

try {
  const { text } = await generateText({
    model: createOpenAI().chat('gpt-4o-mini'),
    prompt: process.argv[2],
    stopWhen: isStepCount(100),
    maxRetries: 0,
    maxOutputTokens: 500,
    telemetry: { isEnabled: true, functionId: 'weather_expert' },
    tools: {
      get_weather: tool({
        description: 'Current weather of a city',
        inputSchema: z.object({ city: z.string() }),
        execute: async ({ city }) => `18 degrees in ${city}`,
      }),
    },
  });
  console.log(text);
} finally {
  await sdk.shutdown();
}
