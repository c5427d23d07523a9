// Exit 0 when dist was built from the sources as they are now, 1 when it is stale or missing.
import { existsSync, readFileSync } from "node:fs";
import { sourcesSha256, stampFile } from "./sources.mjs";

const found = existsSync(stampFile) ? JSON.parse(readFileSync(stampFile, "utf8")).sources_sha256 : "nothing";
const wanted = sourcesSha256();
if (found !== wanted) {
  console.error(
    `dist is stale: built from ${found.slice(0, 12)}, sources are ${wanted.slice(0, 12)}; run "npm run build" in ui/`,
  );
  process.exit(1);
}
console.log(`dist is fresh (${wanted.slice(0, 12)})`);
