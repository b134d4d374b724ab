"use strict";
// Light or dark: what the reader chose last, else what the system says. Runs before anything is drawn.
(function () {
  const root = document.documentElement;
  const stored = (() => {
    try {
      return localStorage.getItem("antigil-theme");
    } catch {
      return null;
    }
  })();
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  let chosen = stored;

  function apply() {
    root.dataset.theme = chosen || (system.matches ? "dark" : "light");
    document.dispatchEvent(new Event("antigil-theme"));
  }

  system.addEventListener("change", apply);
  document.addEventListener("DOMContentLoaded", () => {
    document.getElementById("theme").addEventListener("click", () => {
      chosen = root.dataset.theme === "dark" ? "light" : "dark";
      try {
        localStorage.setItem("antigil-theme", chosen);
      } catch {
        /* a page in a sandbox forgets it */
      }
      apply();
    });
  });
  apply();
})();
