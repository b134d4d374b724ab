// @ts-check
// The controls of a workload's page: which quantity, threads, environments and part of the history are shown.
/** @import { History } from "./history.js" */
/** @import { Numbers } from "./numbers.js" */
/** @import { Page } from "./page.js" */
import { byId, html, refill } from "./dom.js";
import { QUANTITIES, QUANTITY_NAMES } from "./quantities.js";
import { RANGES } from "./range.js";
import { state } from "./state.js";
import { sign } from "./style.js";

/** @type {{ [mark in Mark]: string }} */
const SIGNS = { lost: "▼", gained: "▲", recovered: "◆", steady: "■" };
/** On a screen that is wider than this all settings are in sight; else they are folded. */
const WIDE = matchMedia("(min-width: 861px)");

/**
 * @param {string} value @param {unknown} label @param {string | null} title @param {boolean | null} pressed
 * @param {() => void} press
 */
function chip(value, label, title, pressed, press) {
  const state_of = pressed === null ? null : String(pressed);
  return html`<button type="button" class="chip" aria-pressed="${state_of}" aria-label="${title}"
    title="${title}" data-value="${value}" onclick="${press}">${label}</button>`;
}

/**
 * Return the list with a value added, or left out if it was there.
 * @param {string[]} list @param {string} value
 */
function toggled(list, value) {
  return list.includes(value) ? list.filter((one) => one !== value) : [...list, value];
}

/** @param {Page} page @param {Numbers[]} all */
function quantities(page, all) {
  const drawn = QUANTITY_NAMES.filter((name) => all.some((numbers) => numbers.has(name)));
  return drawn.map((name) =>
    chip(name, QUANTITIES[name].title, null, name === page.quantity, () => state.set({ q: name })),
  );
}

function axes() {
  const names = /** @type {const} */ ({ commit: "Commit", date: "Date" });
  return /** @type {const} */ (["commit", "date"]).map((name) =>
    chip(name, names[name], null, state.get("x") === name, () => state.set({ x: name })),
  );
}

/**
 * The thread counts of what is shown; a sign and colour are the same wherever the page shows them.
 * @param {Page} page @param {Numbers[]} all
 */
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

/**
 * The environments: in a row where there are few, else by machine, below what says which is shown.
 * @param {Page} page
 */
function places(page) {
  const all = page.model.environments;
  const shown = page.shown().map(({ id }) => id);
  const toggle = (/** @type {string} */ id) => {
    const wanted = toggled(shown, id);
    state.set({ env: all.map((one) => one.id).filter((one) => wanted.includes(one)) });
  };
  const head = document.getElementById("where-now");
  if (!head) {
    return all.map(({ id, label, build }) => {
      const name = `${label} · ${build}`;
      return chip(id, name, name, shown.includes(id), () => toggle(id));
    });
  }
  const [first] = page.shown();
  const single = shown.length > 1 ? "" : `${first.label} · ${first.build}, `;
  head.textContent = `${single}${shown.length} of ${all.length}`;
  all.forEach(({ id }) => {
    standing(id).hidden = !shown.includes(id);
  });
  const machines = [...new Set(all.map(({ machine }) => machine))];
  return machines.map((machine) => onMachine(machine, all, shown, toggle));
}

/** Return the line that says where the workload stands in an environment. @param {string} id */
function standing(id) {
  return /** @type {HTMLElement} */ (document.querySelector(`.standing [data-env="${id}"]`));
}

/**
 * One machine's environments, each with its standing, which only those that are shown tell in full.
 * @param {string} machine @param {Environment[]} all @param {string[]} shown
 * @param {(id: string) => void} toggle
 */
function onMachine(machine, all, shown, toggle) {
  const own = all.filter((one) => one.machine === machine);
  const chips = own.map(({ id, label, build }) => {
    const { mark, speedup } = /** @type {{ mark: Mark, speedup: string }} */ (standing(id).dataset);
    const now = html`<b class="mark ${mark}">${SIGNS[mark]} ${speedup}</b>`;
    const rest = label.split(" · ").slice(1).join(" · ");
    const title = `${label} · ${build}: ${mark}, ${speedup}`;
    return chip(id, [now, ` ${rest} · ${build}`], title, shown.includes(id), () => toggle(id));
  });
  return html`<div class="chips" role="group" aria-label="${machine}">
    <b aria-hidden="true">${machine}</b>${chips}</div>`;
}

/** Fill the controls anew. @param {Page} page @param {History} past @param {Numbers[]} all */
export function controls(page, past, all) {
  const ranges = RANGES.map(({ name, label, title = null, apply }) =>
    chip(name, label, title, null, () => past.charts.slice(0, 1).forEach(apply)),
  );
  refill(byId("quantities"), ...quantities(page, all));
  refill(byId("axes"), ...axes());
  refill(byId("ranges"), ...ranges);
  refill(byId("threads"), ...threads(page, all));
  refill(byId("environments"), ...places(page));
  byId("controls").hidden = false;
}

/** Fold the settings wherever the screen is narrow. */
export function foldSettings() {
  const settings = /** @type {HTMLDetailsElement} */ (byId("settings"));
  const fold = () => {
    settings.open = WIDE.matches;
  };
  WIDE.addEventListener("change", fold);
  fold();
}
