// Writes dist/BUILD.json, the mark by which check.mjs (or any other checker) sees that dist fits its sources.
import { writeFileSync } from "node:fs";
import { sourcesSha256, stampFile } from "./sources.mjs";

const sources_sha256 = sourcesSha256();
writeFileSync(stampFile, `${JSON.stringify({ sources_sha256 })}\n`);
console.log(`dist stamped ${sources_sha256.slice(0, 12)}`);
