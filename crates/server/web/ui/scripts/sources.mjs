// One hash over everything below ui/ that a build can depend on: sorted paths, each as path NUL content.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

export const ui = dirname(dirname(fileURLToPath(import.meta.url)));
export const stampFile = join(ui, "..", "dist", "BUILD.json");

function files(dir) {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === "node_modules") return [];
    const path = join(dir, entry.name);
    return entry.isDirectory() ? files(path) : [relative(ui, path).split(sep).join("/")];
  });
}

/** Hex SHA-256 of the sources. Paths are sorted by code unit, so every machine agrees. */
export function sourcesSha256() {
  const hash = createHash("sha256");
  for (const path of files(ui).sort()) {
    hash.update(path);
    hash.update("\0");
    hash.update(readFileSync(join(ui, path)));
  }
  return hash.digest("hex");
}
