// The build is reproducible: names carry content hashes, nothing carries a time.
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { early, groups } from "./scripts/chunks.mjs";
import { frame } from "./scripts/frame.mjs";

// `npm run dev` talks to a running server: QUIPU_URL=http://127.0.0.1:8080 npm run dev
const server = process.env.QUIPU_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react(), frame(), early()],
  build: {
    outDir: "../dist",
    emptyOutDir: true,
    target: "es2022",
    sourcemap: false,
    // The content security policy allows files of this origin only: no data: URIs, no inline helpers.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
    rolldownOptions: {
      // Chunks import each other where shared modules need the entry's; nothing runs before what it needs.
      preserveEntrySignatures: false,
      output: {
        strictExecutionOrder: false,
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: groups(),
        },
      },
    },
  },
  server: {
    proxy: {
      "/api": { target: server, ws: true },
      "/openapi.json": { target: server },
      "/v1": { target: server },
    },
  },
});
