// A server of a case's own.
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";

const READY_MS = 60_000;
const OFF = ["--otlp-grpc", "off", "--prometheus", "off"];

/** Starts it on a folder that stays, and gives the process with its URLs once it listens. */
export async function serve(plan, folder, address, more = []) {
  mkdirSync(folder, { recursive: true });
  const ready = `${folder}/ready.json`;
  rmSync(ready, { force: true });
  const args = ["serve", "--data-dir", folder, "--ready-file", ready, "--http", address, "--otlp-http", "127.0.0.1:0", ...OFF, ...more];
  const child = spawn(plan.binary, args, { stdio: "ignore" });
  const until = Date.now() + READY_MS;
  while (Date.now() < until) {
    try {
      return { child, urls: JSON.parse(readFileSync(ready, "utf8")) };
    } catch {
      await new Promise((later) => setTimeout(later, 50));
    }
  }
  child.kill("SIGKILL");
  throw new Error("the server is not ready after 60 s");
}
