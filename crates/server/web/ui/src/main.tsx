import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { askMe } from "./api/access";
import { queryClient } from "./api/queries";
import { App } from "./app";
import { startLanguage } from "./lib/i18n";
import "./styles/fonts.css";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/grid.css";
import "./styles/trace.css";
import "./styles/usage.css";

const root = document.getElementById("root");
if (root) {
  // Until both are there, index.html shows the frame.
  await Promise.all([startLanguage(), askMe()]);
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <App />
      </QueryClientProvider>
    </StrictMode>,
  );
}
