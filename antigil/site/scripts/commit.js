// @ts-check
// "At one commit": where the speedup went, and the scaling curve beside a second commit's.
/** @import { Numbers } from "./numbers.js" */
/** @import { Page } from "./page.js" */
import { changeText } from "./changes.js";
import { html, refill } from "./dom.js";
import { drawScaling } from "./scaling.js";
import { state } from "./state.js";
import { forget, newFigure, show } from "./style.js";
import { drawWhere } from "./where.js";

/**
 * @typedef {{ now: number, base: number, unknown: string[] }} Pair two revisions, and what could not be had
 */

export class CommitView {
  /** @param {HTMLElement} host @param {Page} page */
  constructor(host, page) {
    this.host = host;
    this.page = page;
    this.drawn = /** @type {[BokehView, BokehFigure][]} */ ([]);
  }

  async draw() {
    const cards = [];
    const jobs = [];
    for (const environment of this.page.shown()) {
      const numbers = await this.page.numbers(environment);
      const pair = this.pair(environment, numbers);
      const box = html`<div class="pair"></div>`;
      cards.push(this.pickers(environment, pair), box);
      jobs.push(
        drawWhere(this, box, environment, numbers, pair),
        drawScaling(this, box, environment, numbers, pair),
      );
    }
    this.drawn.splice(0).forEach(([view, figure]) => forget(view, figure));
    refill(this.host, html`<h2>At one commit</h2>`, ...cards);
    for (const job of jobs) {
      await job();
    }
  }

  /**
   * Return the two commits: those in the address, else the newest and the last release.
   * @param {Environment} environment @param {Numbers} numbers @returns {Pair}
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

  /** @param {Environment} environment @param {Pair} pair */
  pickers(environment, { now, base, unknown }) {
    const several = this.page.shown().length > 1;
    return html`<div class="bar">
      ${several ? html`<b>${environment.label} · ${environment.build}</b>` : null}
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
      const text = `${this.reason(environment, revision)}${this.page.short(hash)} ${subject.slice(0, 60)}`;
      return html`<option value="${hash.slice(0, 12)}" selected="${revision === value}">${text}</option>`;
    });
    const change = (/** @type {Event} */ { target }) =>
      state.set({ [name]: /** @type {HTMLSelectElement} */ (target).value });
    return html`<select data-name="${name}" onchange="${change}">${options}</select>`;
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
      words.push(changeText(here));
    } else if (next) {
      words.push(`before ${changeText(next)}`);
    }
    return words.length ? `${words.join(", ")}: ` : "";
  }

  /** @param {HTMLElement} box @param {string} title @param {string} note */
  card(box, title, note) {
    const plot = html`<div class="plot small"></div>`;
    const legend = html`<p class="legend"></p>`;
    const after = html`<div></div>`;
    const caption = html`<figcaption><b>${title}</b> <span class="muted">${note}</span></figcaption>`;
    box.append(html`<figure class="card">${[caption, plot, legend, after]}</figure>`);
    return { plot, legend, after };
  }

  /** An entry of a legend. @param {string} swatch @param {string} text */
  key(swatch, text) {
    return html`<span><i class="swatch ${swatch}"></i>${text}</span>`;
  }

  /** @param {object} ranges @param {string} x @param {string} y */
  figure(ranges, x, y) {
    const figure = newFigure({ height: 260, tools: [], ...ranges });
    figure.xaxes[0].axis_label = x;
    figure.yaxes[0].axis_label = y;
    return figure;
  }

  /** @param {BokehFigure} figure @param {HTMLElement} plot */
  async show(figure, plot) {
    this.drawn.push([await show(figure, plot), figure]);
  }
}
