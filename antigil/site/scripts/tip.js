// @ts-check
// The tooltip of the history charts: one commit's values, beside the pointer or what the keyboard points at.
/** @import { HistoryChart } from "./chart.js" */
/** @import { Page } from "./page.js" */
import { changeText } from "./changes.js";
import { html } from "./dom.js";
import { day, QUANTITIES, written } from "./quantities.js";
import { sign } from "./style.js";

export class Tip {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    this.box = html`<div class="tip" hidden></div>`;
    document.body.append(this.box);
  }

  get text() {
    return this.box.textContent;
  }

  /**
   * Tell of the commit at a position of a chart's numbers, or of none.
   * @param {HistoryChart} chart @param {number | null} position @param {MouseEvent} [event]
   */
  show(chart, position, event) {
    this.box.hidden = position === null;
    if (position === null) {
      return;
    }
    const revision = chart.numbers.revisions[position];
    const { hash, date, author, subject } = this.page.commits.at(revision);
    const change = chart.environment.changes.find((one) => one.revision === revision);
    this.box.replaceChildren(
      html`<p><code>${this.page.short(hash)}</code> ${day(date)} <span class="muted">${author}</span></p>`,
      html`<p class="subject">${subject}</p>`,
      change ? html`<p class="${change.direction}">${changeText(change)} here</p>` : "",
      html`<table><tbody>${this.rows(chart, position)}</tbody></table>`,
    );
    this.place(chart, event);
  }

  /** @param {HistoryChart} chart @param {number} position */
  rows({ quantity, counts, lines }, position) {
    return lines.toReversed().map((line) => {
      const name = line.threads === null ? QUANTITIES[quantity].title : `${line.threads} thr`;
      const head = html`<th scope="row">${sign(line.threads, counts)}${name}</th>`;
      return [head, html`<td>${written(quantity, line, position)}</td>`];
    }).map((cells) => html`<tr>${cells}</tr>`);
  }

  /**
   * Put it beside the pointer, or beside the line when the keyboard moved it; always in sight.
   * @param {HistoryChart} chart @param {MouseEvent} [event]
   */
  place(chart, event) {
    const cross = chart.cross.getBoundingClientRect();
    const x = event ? event.clientX : cross.left;
    const y = event ? event.clientY : cross.top + 20;
    const { width, height } = this.box.getBoundingClientRect();
    const left = x + 16 + width > innerWidth ? Math.max(4, x - 16 - width) : x + 16;
    const top = Math.min(Math.max(4, y - height / 2), innerHeight - height - 4);
    Object.assign(this.box.style, { left: `${left}px`, top: `${top}px` });
  }
}
