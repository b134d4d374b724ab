// @ts-check
// The controls of a workload's page: which quantity, threads, environments and part of the history are shown.
import { byId, html, refill } from "./dom.js";
import { placeName, QUANTITIES, QUANTITY_NAMES } from "./quantities.js";
import { state } from "./state.js";
import { sign } from "./style.js";

/** @type {{ [mark in Mark]: string }} */
const SIGNS = { lost: "▼", gained: "▲", recovered: "◆", steady: "■", retired: "□" };
/**
 * The buttons of the range: name, text, title where the text is a sign, and what they do.
 * @type {[string, string, string | null, (chart: HistoryChart) => void][]}
 */
const RANGES = [
  ["50", "Last 50", null, (chart) => chart.newest(50)],
  ["200", "Last 200", null, (chart) => chart.newest(200)],
  ["all", "All", null, (chart) => chart.show()],
  ["in", "+", "Zoom in", (chart) => chart.zoom(0.5)],
  ["out", "−", "Zoom out", (chart) => chart.zoom(2)],
  ["earlier", "←", "Earlier commits", (chart) => chart.move(-0.5)],
  ["later", "→", "Later commits", (chart) => chart.move(0.5)],
];
/** On a screen that is wider than this all settings are in sight; else they are folded. */
const WIDE = matchMedia("(min-width: 861px)");

/**
 * @param {string} value @param {unknown} label @param {string | null} title @param {boolean | null} pressed
 * @param {() => void} press
 */
function chip(value, label, title, pressed, press) {
  return html`<button type="button" class="chip" aria-pressed="${pressed === null ? null : String(pressed)}"
    aria-label="${title}" title="${title}" data-value="${value}" onclick="${press}">${label}</button>`;
}

/** Add a value to a list, or leave it out. @param {string[]} list @param {string} value */
function toggled(list, value) {
  return list.includes(value) ? list.filter((one) => one !== value) : [...list, value];
}

/**
 * A setting of which one value is chosen.
 * @param {"q" | "x"} name @param {string} chosen @param {{ value: string, title: string }[]} values
 */
function choices(name, chosen, values) {
  return values.map(({ value, title }) =>
    chip(value, title, null, value === chosen, () => state.set({ [name]: value })),
  );
}

/** The thread counts of what is shown. @param {Page} page @param {Numbers[]} all */
function threads({ counts }, all) {
  const hidden = state.get("hide") ?? [];
  return counts
    .filter((n) => all.some((numbers) => numbers.counts.includes(n)))
    .map((n) => {
      const name = `${n} thread${n === 1 ? "" : "s"}`;
      const toggle = () => state.set({ hide: toggled(hidden, String(n)) });
      return chip(String(n), [sign(n, counts), n], name, !hidden.includes(String(n)), toggle);
    });
}

/** The environments: in a row where there are few, else by machine. @param {Page} page */
function places(page) {
  const all = page.model.environments;
  const shown = page.shown().map(({ id }) => id);
  const head = document.getElementById("where-now");
  /** @param {Environment} environment @param {unknown} label @param {string} title */
  const one = ({ id }, label, title) =>
    chip(id, label, title, shown.includes(id), () => {
      const wanted = toggled(shown, id);
      state.set({ env: all.map((each) => each.id).filter((each) => wanted.includes(each)) });
    });
  if (!head) {
    return all.map((environment) => one(environment, placeName(environment), placeName(environment)));
  }
  const single = shown.length > 1 ? "" : `${placeName(page.shown()[0])}, `;
  head.textContent = `${single}${shown.length} of ${all.length}`;
  return [...new Set(all.map(({ machine }) => machine))].map((machine) => {
    const own = all.filter((environment) => environment.machine === machine);
    return html`<div class="chips" role="group" aria-label="${machine}">
      <b aria-hidden="true">${machine}</b>${own.map((each) => one(each, ...standing(each, shown)))}</div>`;
  });
}

/**
 * Tell in full where the workload stands in an environment, if it is shown; return its chip's text and title.
 * @param {Environment} environment @param {string[]} shown @returns {[unknown, string]}
 */
function standing(environment, shown) {
  const { id, label, build } = environment;
  const line = /** @type {HTMLElement} */ (document.querySelector(`.standing [data-env="${id}"]`));
  const { mark, speedup } = /** @type {{ mark: Mark, speedup: string }} */ (line.dataset);
  line.hidden = !shown.includes(id);
  const now = html`<b class="mark ${mark}">${SIGNS[mark]} ${speedup}</b>`;
  const rest = label.split(" · ").slice(1).join(" · ");
  const stands = mark === "retired" ? "no longer measured" : mark;
  return [[now, ` ${rest} · ${build}`], `${placeName(environment)}: ${stands}, ${speedup}`];
}

/**
 * Fill the controls anew.
 * @param {Page} page @param {{ charts: HistoryChart[] }} past @param {Numbers[]} all
 */
export function controls(page, past, all) {
  const ranges = RANGES.map(([name, label, title, apply]) =>
    chip(name, label, title, null, () => past.charts.slice(0, 1).forEach(apply)),
  );
  const drawn = QUANTITY_NAMES.filter((name) => all.some((numbers) => numbers.has(name)));
  const quantities = drawn.map((value) => ({ value, title: QUANTITIES[value].title }));
  const axes = ["Commit", "Date"].map((title) => ({ value: title.toLowerCase(), title }));
  refill(byId("quantities"), ...choices("q", page.quantity, quantities));
  refill(byId("axes"), ...choices("x", state.get("x"), axes));
  refill(byId("ranges"), ...ranges);
  refill(byId("threads"), ...threads(page, all));
  refill(byId("environments"), ...places(page));
  byId("controls").hidden = false;
}

/** Fold the settings wherever the screen is narrow. */
export function foldSettings() {
  const fold = () => byId("settings").toggleAttribute("open", WIDE.matches);
  WIDE.addEventListener("change", fold);
  fold();
}
