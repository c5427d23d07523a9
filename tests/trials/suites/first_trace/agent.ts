// The agent of a user of the AI SDK, with the lines of the guide.
// guide: docs/guide/start/typescript.md js 1

import { createOpenAI } from "@ai-sdk/openai";
import { generateText } from "ai";

const openai = createOpenAI({ baseURL: process.env.OPENAI_BASE_URL, apiKey: "none" });
const model = openai.chat("gpt-4o-mini");
const prompt = "What is the weather in Lima?";
// guide: docs/guide/start/typescript.md js 2
