// Vercel AI SDK with its OpenTelemetry integration: a tool, whole and as a stream.

import { createOpenAI } from '@ai-sdk/openai';
import { generateText, isStepCount, streamText, tool } from 'ai';
import { trace } from '@opentelemetry/api';
import { z } from 'zod';

// guide: docs/guide/sources/vercel-ai.md sh 1
// guide: docs/guide/sources/vercel-ai.md js 1

const openai = createOpenAI({ baseURL: `${process.env.MODEL_SERVER}/v1`, apiKey: 'none' });
const question = {
  model: openai.chat('gpt-4o-mini'),
  prompt: 'What is the weather in Paris?',
  stopWhen: isStepCount(4),
  telemetry: { isEnabled: true, functionId: 'weather_expert' },
  tools: {
    get_weather: tool({
      description: 'Current weather of a city',
      inputSchema: z.object({ city: z.string() }),
      execute: async ({ city }) => `18 degrees in ${city}`,
    }),
  },
};
await generateText(question);
for await (const _ of streamText(question).textStream);
await trace.getTracerProvider().getDelegate?.().forceFlush?.();
