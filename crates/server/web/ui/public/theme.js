// Before the first paint: sets the remembered theme and the language of the frame, and asks for the files of
// the first page, which the sources name only once they run. A classic script, because modules run after it.
(() => {
  const recalled = (name) => {
    try {
      return localStorage.getItem(`quipu.${name}`);
    } catch {
      return null; // Storage may be blocked; the system's preference then decides.
    }
  };
  const theme = recalled("theme");
  const { documentElement: html } = document;
  if (theme === "light" || theme === "dark") html.dataset.theme = theme;
  // The last visit ended at the login.
  if (recalled("stranger")) html.dataset.stranger = "";

  const early = JSON.parse(document.currentScript.dataset.early ?? "{}");
  const [, page, id] = location.pathname.split("/");
  const languages = [recalled("language"), ...navigator.languages].map((tag) => tag?.slice(0, 2));
  const language = languages.find((code) => code === "en" || early[code]);
  html.lang = language ?? "en";
  for (const file of [early[language], early[id ? `/${page}/` : `/${page}`]].flat()) {
    if (!file) continue;
    const link = document.createElement("link");
    const style = file.endsWith(".css");
    Object.assign(link, { rel: style ? "preload" : "modulepreload", as: style ? "style" : "script" });
    Object.assign(link, { crossOrigin: "", href: file });
    document.head.append(link);
  }
})();
