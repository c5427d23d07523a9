// Which modules share a file, and which files a first visit asks for before the code runs.

/** First pages that visitors open by address, with their modules; `/traces/` is one trace. */
const FIRST_PAGES = {
  "/": "src/pages/overview/Overview.tsx",
  "/traces": "src/pages/Traces.tsx",
  "/traces/": "src/pages/trace/Trace.tsx",
  de: "src/locales/de.json",
};

/** The modules that a module needs before it runs, itself included. */
function needs(id, getModuleInfo, found = new Set()) {
  if (found.has(id)) return found;
  found.add(id);
  for (const next of getModuleInfo(id)?.importedIds ?? []) needs(next, getModuleInfo, found);
  return found;
}

const MAIN = "ui/src/main.tsx";
const draws = (id) => /node_modules\/(d3-|internmap)/.test(id);

/**
 * Groups of modules: what the first screen needs is one file, what many pages share another, because each
 * file of a first visit costs a request and its headers. What draws charts is apart, so that figures do not
 * wait for it.
 */
export function groups() {
  let first;
  const isFirst = (id, graph) => {
    const getModuleInfo = (module) => graph.getModuleInfo(module);
    if (!first) {
      const main = [...reaching(id, getModuleInfo)].find((one) => one.endsWith(MAIN));
      first = main && needs(main, getModuleInfo);
    }
    return first?.has(id) ?? false;
  };
  const drawing = new Map();
  const isDrawing = (id, graph) => {
    if (!drawing.has(id)) drawing.set(id, [...needs(id, (one) => graph.getModuleInfo(one))].some(draws));
    return drawing.get(id);
  };
  return [
    { name: (id, graph) => (isFirst(id, graph) ? "first" : null), debugName: "first", priority: 1 },
    {
      name: (id, graph) => (isFirst(id, graph) ? null : isDrawing(id, graph) ? "charts" : "shared"),
      debugName: "shared",
      minShareCount: 8,
    },
  ];
}

/** Modules from which this one is reached, by any import. */
function reaching(id, getModuleInfo, found = new Set()) {
  if (found.has(id)) return found;
  found.add(id);
  const info = getModuleInfo(id);
  for (const above of [...(info?.importers ?? []), ...(info?.dynamicImporters ?? [])])
    reaching(above, getModuleInfo, found);
  return found;
}

/** Writes into index.html, for `theme.js`, the files of each first page beyond those of the entry. */
export function early() {
  return {
    name: "early",
    transformIndexHtml: {
      order: "post",
      handler(html, { bundle, chunk }) {
        if (!bundle || !chunk) return html;
        const files = (start, found = new Set()) => {
          if (!start || found.has(start.fileName)) return found;
          found.add(start.fileName);
          for (const css of start.viteMetadata?.importedCss ?? []) found.add(css);
          for (const next of start.imports) files(bundle[next], found);
          return found;
        };
        const known = files(chunk);
        const chunks = Object.values(bundle).filter(({ type }) => type === "chunk");
        const pages = Object.entries(FIRST_PAGES).map(([page, module]) => {
          const start = chunks.find((one) => one.moduleIds.some((id) => id.endsWith(`ui/${module}`)));
          return [page, [...files(start)].filter((file) => !known.has(file)).map((file) => `/${file}`)];
        });
        const json = JSON.stringify(Object.fromEntries(pages))
          .replaceAll("&", "&amp;")
          .replaceAll("'", "&#39;");
        return html.replace('<script src="/theme.js">', `<script src="/theme.js" data-early='${json}'>`);
      },
    },
  };
}
