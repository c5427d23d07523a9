// Sets the remembered theme before the first paint. A classic script, because modules run after it.
(() => {
  try {
    const theme = localStorage.getItem("quipu.theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // Storage may be blocked; the system's preference then decides.
  }
})();
