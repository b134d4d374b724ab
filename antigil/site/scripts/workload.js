// @ts-check
// A workload's page: what is drawn when the reader chooses something.
import { listChanges } from "./changes.js";
import { CommitView } from "./commit.js";
import { controls, foldSettings } from "./controls.js";
import { byId, html, skipInPlace } from "./dom.js";
import { History } from "./history.js";
import { Page, receive } from "./page.js";
import { nameHeldShare, QUANTITIES } from "./quantities.js";
import { state } from "./state.js";
import { followTheme, onTheme } from "./theme.js";
import { divide } from "./where.js";

const { dataset: told } = /** @type {HTMLScriptElement} */ (document.currentScript);

/** Tell what the address asks for and this page lacks, save its commits. @param {Page} page */
function note(page) {
  const ids = new Set(page.model.environments.map(({ id }) => id));
  const texts = (state.get("env") ?? [])
    .filter((id) => !ids.has(id))
    .map((id) => `Environment ${id.slice(0, 40)} was not measured here.`);
  if (page.quantity !== state.get("q")) {
    texts.push(`${QUANTITIES[state.get("q")].title} was not measured here. Shown is the speedup.`);
  }
  for (const end of [state.get("from"), state.get("to")]) {
    if (end && page.commits.place(end) === null) {
      texts.push(`Commit ${end} was not measured here. The range is open on that side.`);
    }
  }
  byId("notes").replaceChildren(...texts.map((text) => html`<p class="note">${text}</p>`));
}

/** Tell in place of charts why they could not be drawn. @param {HTMLElement} host @param {unknown} error */
function complain(host, error) {
  const text = `These charts could not be drawn: ${error instanceof Error ? error.message : error}`;
  host.replaceChildren(html`<p class="note">${text}</p>`);
  console.error(error);
}

/** @param {Page} page */
function show(page) {
  nameHeldShare(page.model.environments);
  const past = new History(byId("history"), page);
  window.antigil.page = Object.assign(page, { history: past });
  const view = new CommitView(byId("commit"), page);
  const root = document.documentElement;
  async function draw() {
    const loads = await Promise.allSettled(page.shown().map((environment) => page.numbers(environment)));
    const all = loads.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    if (all.length) {
      page.quantity = all.some((numbers) => numbers.has(state.get("q"))) ? state.get("q") : "speedup";
    }
    note(page);
    controls(page, past, all);
    listChanges(byId("changes"), page);
    // By now the controls show what is chosen, so that the reader can choose something else.
    const failed = loads.find((one) => one.status === "rejected");
    if (failed) {
      throw failed.reason;
    }
    await past.draw(all);
    root.dataset.history = "yes";
    await new Promise((resolve) => setTimeout(resolve));
    await drawCommit();
    root.dataset.ready = "yes";
  }
  const drawCommit = () => view.draw().catch((error) => complain(view.host, error));

  // One drawing at a time; of several that wait, the last is enough, since each draws what is chosen by then.
  let running = Promise.resolve();
  let asked = 0;

  /** @param {() => void | Promise<void>} job */
  const queue = (job) => {
    running = running.then(job).catch((error) => {
      complain(past.host, error);
      past.charts = [];
      view.host.replaceChildren(); // of an earlier choice
    });
  };
  const drawAll = () => {
    asked += 1;
    const mine = asked;
    queue(() => (mine === asked ? draw() : undefined));
  };

  state.onChange((changed, outside) => {
    if (["env", "q", "x", "hide"].some((name) => changed.has(name))) {
      drawAll();
      return;
    }
    if (changed.has("from") || changed.has("to")) {
      note(page);
      if (outside) {
        queue(() => past.restore());
      }
    }
    if (changed.has("commit") || changed.has("base")) {
      past.mark();
      queue(drawCommit);
    }
  });
  onTheme(drawAll);
  foldSettings();
  drawAll();
}

function start() {
  skipInPlace();
  let page;
  try {
    page = new Page(told);
  } catch (error) {
    complain(byId("history"), error);
    return;
  }
  show(page);
}

window.antigil = { receive, divide };
followTheme();
document.addEventListener("DOMContentLoaded", start);
