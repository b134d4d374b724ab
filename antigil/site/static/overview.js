"use strict";
// Filters of the overview's table; without this script all rows are shown.
(function () {
  const rows = [...document.querySelectorAll("table.workloads tbody tr")];
  const chips = [...document.querySelectorAll(".chip[data-mark]")];
  const environment = document.getElementById("environment");
  const find = document.getElementById("find");
  if (!rows.length) {
    return;
  }
  let mark = "";

  function apply() {
    const text = find.value.trim().toLowerCase();
    const place = environment ? environment.value : "";
    let shown = 0;
    for (const row of rows) {
      const data = row.dataset;
      const fits =
        (!mark || data.mark === mark) && (!place || data.environment === place) && data.text.includes(text);
      row.hidden = !fits;
      shown += fits ? 1 : 0;
    }
    document.getElementById("none").hidden = shown > 0;
  }

  for (const chip of chips) {
    chip.addEventListener("click", () => {
      mark = chip.dataset.mark;
      chips.forEach((other) => other.setAttribute("aria-pressed", String(other === chip)));
      apply();
    });
  }
  find.addEventListener("input", apply);
  if (environment) {
    environment.addEventListener("change", apply);
  }
})();
