// @ts-check
// The overview: filters of its table; without this script all rows are shown.
import { byId } from "./dom.js";
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
    byId("none").hidden = [...rows].some((row) => !row.hidden);
  }

  for (const chip of chips) {
    chip.addEventListener("click", () => {
      mark = chip.dataset.mark ?? "";
      chips.forEach((other) => other.setAttribute("aria-pressed", String(other === chip)));
      apply();
    });
  }
  find.addEventListener("input", apply);
  environment?.addEventListener("change", apply);
}

followTheme();
document.addEventListener("DOMContentLoaded", filters);
