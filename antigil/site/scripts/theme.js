// @ts-check
// Light or dark: what the reader chose last, else what the system says. Runs before anything is drawn.

const KEY = "antigil-theme";
const system = matchMedia("(prefers-color-scheme: dark)");
let chosen = stored();

function stored() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // a page in a sandbox remembers nothing
  }
}

function applyTheme() {
  document.documentElement.dataset.theme = chosen || (system.matches ? "dark" : "light");
  document.dispatchEvent(new Event(KEY));
}

function switchTheme() {
  chosen = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  try {
    localStorage.setItem(KEY, chosen);
  } catch {
    /* a page in a sandbox forgets it */
  }
  applyTheme();
}

/** Set the theme, and follow the system and the button. */
export function followTheme() {
  applyTheme();
  system.addEventListener("change", applyTheme);
  document.addEventListener("DOMContentLoaded", () => {
    document.getElementById("theme")?.addEventListener("click", switchTheme);
  });
}

/** Call a function whenever the theme changes. @param {() => void} listener */
export const onTheme = (listener) => document.addEventListener(KEY, listener);
