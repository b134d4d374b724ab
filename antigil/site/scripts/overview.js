// @ts-check
// The overview: filters of its table, kept in the address so that a link, and going back, restore them:
// #mark=lost&env=ID&find=TEXT. Without this script all rows are shown.
import { byId, skipInPlace } from "./dom.js";
import { followTheme } from "./theme.js";

function filters() {
  /** @type {NodeListOf<HTMLElement>} */
  const rows = document.querySelectorAll("table.workloads tr[data-mark]");
  /** @type {NodeListOf<HTMLElement>} */
  const groups = document.querySelectorAll("table.workloads tbody");
  /** @type {NodeListOf<HTMLElement>} */
  const chips = document.querySelectorAll(".chip[data-mark]");
  if (!rows.length) {
    return;
  }
  const environment = /** @type {HTMLSelectElement | null} */ (document.getElementById("environment"));
  const find = /** @type {HTMLInputElement} */ (byId("find"));
  let mark = "";

  function apply() {
    const text = find.value.trim().toLowerCase();
    const place = environment?.value;
    for (const row of rows) {
      const own = row.dataset;
      const here = (!mark || own.mark === mark) && (!place || own.environment === place);
      row.hidden = !(here && own.text?.includes(text));
    }
    for (const group of groups) {
      group.hidden = !group.querySelector("tr[data-mark]:not([hidden])");
    }
    chips.forEach((chip) => chip.setAttribute("aria-pressed", String(chip.dataset.mark === mark)));
    byId("none").textContent = [...rows].some((row) => !row.hidden) ? "" : "No workload matches.";
  }

  function restore() {
    const told = new URLSearchParams(location.hash.slice(1));
    const known = (/** @type {string} */ name) => [...chips].some((chip) => chip.dataset.mark === name);
    mark = [told.get("mark") ?? ""].find(known) ?? "";
    find.value = told.get("find") ?? "";
    if (environment) {
      const options = [...environment.options].map(({ value }) => value);
      environment.value = options.find((value) => value === told.get("env")) ?? "";
    }
    apply();
  }

  function choose() {
    apply();
    const chosen = { mark, env: environment?.value ?? "", find: find.value };
    const hash = new URLSearchParams(Object.entries(chosen).filter(([, text]) => text)).toString();
    history.replaceState(null, "", hash ? `#${hash}` : location.href.split("#")[0]);
  }

  for (const chip of chips) {
    chip.addEventListener("click", () => {
      mark = chip.dataset.mark ?? "";
      choose();
    });
  }
  find.addEventListener("input", choose);
  environment?.addEventListener("change", choose);
  window.addEventListener("hashchange", restore);
  restore();
}

followTheme();
document.addEventListener("DOMContentLoaded", () => {
  skipInPlace();
  filters();
});
