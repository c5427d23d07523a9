// Mastra with its OpenTelemetry exporter: an agent and its tool, whole and as a stream.

import { createOpenAI } from '@ai-sdk/openai';
import { Mastra } from '@mastra/core';
import { Agent } from '@mastra/core/agent';
import { createTool } from '@mastra/core/tools';
import { z } from 'zod';

const get_weather = createTool({
  id: 'get_weather',
  description: 'Current weather of a city',
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }) => `18 degrees in ${city}`,
});
const openai = createOpenAI({ baseURL: `${process.env.MODEL_SERVER}/v1`, apiKey: 'none' });
const expert = new Agent({
  id: 'weather_expert',
  name: 'weather_expert',
  instructions: 'You answer.',
  model: openai.chat('gpt-4o-mini'),
  tools: { get_weather },
});
// guide: docs/guide/sources/mastra.md js 1
const mastra = new Mastra({ agents: { expert }, observability });

const agent = mastra.getAgent('expert');
await agent.generate('What is the weather in Paris?');
const streamed = await agent.stream('And in Oslo?');
for await (const _ of streamed.textStream);
await exporter.flush?.();
await mastra.shutdown?.();
