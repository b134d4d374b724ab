// @ts-check
// "At one commit": where the speedup went, and the scaling curve beside a second commit's.
import { changeText } from "./changes.js";
import { html, refill } from "./dom.js";
import { placeName } from "./quantities.js";
import { scalingCurve } from "./scaling.js";
import { state } from "./state.js";
import { show } from "./style.js";
import { whereItWent } from "./where.js";

export class CommitView {
  /** @param {HTMLElement} host @param {Page} page */
  constructor(host, page) {
    this.host = host;
    this.page = page;
  }

  async draw() {
    const bars = [];
    const plots = [];
    for (const environment of this.page.shown()) {
      const numbers = await this.page.numbers(environment);
      const pair = this.pair(environment, numbers);
      const views = [whereItWent, scalingCurve];
      const drawn = views
        .map((view) => view(this.page, environment, numbers, pair))
        .filter((one) => one !== null);
      const figures = drawn.map(card);
      bars.push(this.pickers(environment, pair), html`<div class="pair">${figures}</div>`);
      plots.push(...drawn.map(({ plot }, i) => ({ plot, host: figures[i].querySelector(".plot") })));
    }
    refill(this.host, html`<h2>At one commit</h2>`, ...bars);
    for (const { plot, host } of plots) {
      if (typeof plot !== "string") {
        await show(plot, /** @type {HTMLElement} */ (host));
      }
    }
  }

  /**
   * Return the two commits of the address, else the newest and the last release; and what is unknown.
   * @param {Environment} environment @param {Numbers} numbers
   */
  pair(environment, numbers) {
    /** @type {string[]} */
    const unknown = [];
    const chosen = (/** @type {string | undefined} */ hash, /** @type {number} */ instead) => {
      const revision = this.page.commits.find(hash);
      if (revision !== null && numbers.index.has(revision)) {
        return revision;
      }
      if (hash) {
        const shown = this.page.name(instead);
        unknown.push(`Commit ${hash.slice(0, 12)} was not measured here. Shown is ${shown}.`);
      }
      return instead;
    };
    const now = chosen(state.get("commit"), environment.newest);
    const older = environment.notable.filter((revision) => revision < now);
    const tagged = environment.tags.map(([revision]) => revision).filter((revision) => revision < now);
    const release = tagged.length ? older.find((revision) => revision <= Math.max(...tagged)) : undefined;
    const base = chosen(state.get("base"), release ?? older[0] ?? numbers.revisions[0]);
    return { now, base, unknown };
  }

  /** @param {Environment} environment @param {ReturnType<CommitView["pair"]>} pair */
  pickers(environment, { now, base, unknown }) {
    const several = this.page.shown().length > 1;
    return html`<div class="bar">
      ${several ? html`<b>${placeName(environment)}</b>` : null}
      <label class="field">Commit${this.picker(environment, "commit", now)}</label>
      <label class="field">beside${this.picker(environment, "base", base)}</label>
      ${unknown.map((text) => html`<p class="note">${text}</p>`)}
    </div>`;
  }

  /** @param {Environment} environment @param {"commit" | "base"} name @param {number} value */
  picker(environment, name, value) {
    const { notable } = environment;
    const known = notable.includes(value) ? notable : [value, ...notable];
    const options = known.map((revision) => {
      const { hash, subject } = this.page.commits.at(revision);
      const words = [...subject].slice(0, 60).join(""); // by characters: half of one is none
      const text = `${this.reason(environment, revision)}${this.page.short(hash)} ${words}`;
      return html`<option value="${this.page.address(revision)}" selected="${revision === value}">${text}</option>`;
    });
    const change = (/** @type {Event} */ { target }) =>
      state.set({ [name]: /** @type {HTMLSelectElement} */ (target).value });
    return html`<select data-name="${name}-${environment.id}" onchange="${change}">${options}</select>`;
  }

  /** @param {Environment} environment @param {number} revision */
  reason({ tags, changes, newest }, revision) {
    const words = tags.filter(([tagged]) => tagged === revision).map(([, name]) => name);
    const here = changes.find((change) => change.revision === revision);
    const next = changes.find((change) => change.before === revision);
    if (revision === newest) {
      words.unshift("newest");
    }
    if (here) {
      words.push(`${changeText(here)}${here.others ? " up to here" : ""}`);
    } else if (next) {
      words.push(`before ${changeText(next)}`);
    }
    return words.length ? `${words.join(", ")}: ` : "";
  }
}

/** @param {NonNullable<ReturnType<typeof whereItWent | typeof scalingCurve>>} drawn */
function card({ title, note, plot, keys, after }) {
  const legend = keys.map(({ swatch, text }) => html`<span><i class="swatch ${swatch}"></i>${text}</span>`);
  return html`<figure class="card">
    <figcaption><b>${title}</b> <span class="muted">${note}</span></figcaption>
    ${typeof plot === "string" ? html`<p class="muted">${plot}</p>` : html`<div class="plot small"></div>`}
    <p class="legend">${legend}</p>
    <div>${after}</div>
  </figure>`;
}
