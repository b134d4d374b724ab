// @ts-check
// Every chart's numbers as a table on the page. Tables are built when they are opened.
import { html } from "./dom.js";
import { day, QUANTITIES } from "./quantities.js";

/** Rows shown at first; a button shows the rest. */
const FIRST = 200;
/** How long a range has to rest before more rows than these follow it, in milliseconds. */
const REST = 250;
/** The tables that are open, with the number of rows shown at most: they stay open when drawn anew. */
const opened = new Map();
/** @typedef {(string | number)[]} Row a number is NaN where there is none */

/** @param {Row[number]} value @param {number} place */
function cell(value, place) {
  if (place === 0) {
    return html`<th scope="row">${value}</th>`;
  }
  if (typeof value === "string") {
    return html`<td>${value}</td>`;
  }
  return html`<td class="num">${Number.isNaN(value) ? "" : +value.toPrecision(5)}</td>`;
}

/** A folded table. */
export class DataTable {
  /** @param {string} key @param {string} title @param {string[]} columns @param {() => Row[]} rows */
  constructor(key, title, columns, rows) {
    this.key = key;
    this.rows = rows;
    this.frame = 0;
    this.later = 0;
    this.body = html`<tbody></tbody>`;
    this.more = html`<button type="button" class="chip" hidden
      onclick="${() => this.showAll()}"></button>`;
    const open = opened.has(key);
    const heads = columns.map((name) => html`<th scope="col">${name}</th>`);
    this.box = /** @type {HTMLDetailsElement} */ (
      html`<details class="numbers" open="${open}" ontoggle="${() => this.toggle()}">
        <summary>${title}</summary>
        <div class="scroll" tabindex="0" role="region" aria-label="${title}">
          <table class="data"><caption class="visually-hidden">${title}</caption>
            <thead><tr>${heads}</tr></thead>${this.body}</table>
        </div>${this.more}
      </details>`
    );
    if (open) {
      this.show(opened.get(key));
    }
  }

  toggle() {
    if (!this.box.open) {
      opened.delete(this.key);
    } else if (!opened.has(this.key)) {
      this.show(FIRST);
    }
  }

  /** The button goes then: the rows get its focus. */
  showAll() {
    this.show(Infinity);
    /** @type {HTMLElement} */ (this.box.querySelector(".scroll")).focus();
  }

  /** @param {number} most */
  show(most) {
    opened.set(this.key, most);
    const rows = this.rows();
    this.body.replaceChildren(...rows.slice(0, most).map((row) => html`<tr>${row.map(cell)}</tr>`));
    this.more.hidden = rows.length <= most;
    this.more.textContent = `Show all ${rows.length} rows`;
  }

  /** Fill it anew, where it is open: a drag moves the range more often than a screen is drawn. */
  refresh() {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.later);
    const most = () => opened.get(this.key) ?? FIRST;
    const again = () => this.box.open && this.show(most());
    if (most() > FIRST) {
      this.later = setTimeout(again, REST);
    } else {
      this.frame = requestAnimationFrame(again);
    }
  }
}

/** The table of a history chart: the commits in sight, the newest first. @param {HistoryChart} chart */
export function historyTable(chart) {
  const { numbers, page, quantity, environment } = chart;
  const lines = numbers.lines(quantity);
  const { title } = QUANTITIES[quantity];
  const columns = ["commit", "date", "subject", "author", "CPUs allowed"];
  for (const { threads, low } of lines) {
    const whose = threads === null ? "" : `${threads} thread${threads === 1 ? "" : "s"}: `;
    columns.push(...[title, ...(low ? ["99 % low", "99 % high"] : [])].map((name) => whose + name));
  }
  const row = (/** @type {number} */ i) => {
    const { revision, date, subject, author } = page.commits.at(numbers.revisions[i]);
    const values = lines.flatMap(({ value, low, high, absent }) => [
      Number.isNaN(value[i]) ? absent.get(i) || "missing" : value[i],
      ...(low && high ? [low[i], high[i]] : []),
    ]);
    return [page.address(revision), day(date), subject, author, numbers.cpusAt(revision) ?? "", ...values];
  };
  const rows = () => {
    const { start, end } = chart.range;
    const inSight = [...chart.x.keys()].filter((i) => chart.x[i] >= start && chart.x[i] <= end);
    return inSight.reverse().map(row);
  };
  const caption = `${title} as a table: the commits in sight`;
  return new DataTable(`history-${environment.id}`, caption, columns, rows);
}
