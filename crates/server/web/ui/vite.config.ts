// The build is reproducible: names carry content hashes, nothing carries a time.
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// `npm run dev` talks to a running server: QUIPU_URL=http://127.0.0.1:8080 npm run dev
const server = process.env.QUIPU_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: "../dist",
    emptyOutDir: true,
    target: "es2022",
    sourcemap: false,
    // The content security policy allows files of this origin only: no data: URIs, no inline helpers.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  server: {
    proxy: {
      "/api": { target: server, ws: true },
      "/openapi.json": { target: server },
      "/v1": { target: server },
    },
  },
});
