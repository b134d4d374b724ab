// @ts-check
// The History section: one chart per chosen environment, its range in the address, the keyboard, the tooltip.
import { changeText } from "./changes.js";
import { HistoryChart } from "./chart.js";
import { byId, html } from "./dom.js";
import { day, placeName, QUANTITIES, written } from "./quantities.js";
import { state } from "./state.js";
import { sign } from "./style.js";

/** Half of what is in sight where a link leads to a single commit: in revisions, in milliseconds. */
const AROUND = { commit: 0.4, date: 43200000 };
/** How far each key goes, in commits. */
const STRIDES = new Map([
  ["ArrowLeft", -1],
  ["ArrowRight", 1],
  ["PageUp", -10],
  ["PageDown", 10],
  ["Home", -Infinity],
  ["End", Infinity],
]);
/** How long a range has to rest before it goes into the address, in milliseconds. */
const REST = 250;

export class History {
  /** @param {HTMLElement} host @param {Page} page */
  constructor(host, page) {
    this.host = host;
    this.page = page;
    this.charts = /** @type {HistoryChart[]} */ ([]);
    /** The commits of all charts. */
    this.revisions = /** @type {number[]} */ ([]);
    this.following = false;
    this.later = 0;
    this.tip = html`<div class="tip" hidden></div>`;
    this.width = 0;
    new ResizeObserver(() => this.resize()).observe(host);
    window.addEventListener("scroll", () => (this.tip.hidden = true), { passive: true });
  }

  /** Fit the charts to another width of the window, or to a screen that was turned. */
  resize() {
    const { clientWidth } = this.host;
    if (clientWidth !== this.width) {
      this.width = clientWidth;
      this.together((chart) => chart.resize());
    }
  }

  /** Draw the charts of the chosen environments anew, from each one's numbers. @param {Numbers[]} all */
  async draw(all) {
    const { page } = this;
    const [shown, hidden] = [page.shown(), page.hidden()];
    const highest = Math.max(...all.map((numbers) => numbers.highest(page.quantity, hidden))) || 1;
    const crowded = shown.some(({ changes }) => changes.length > 1);
    const top = highest * (crowded ? 1.22 : 1.14); // room for one row of labels, or two
    this.charts = [];
    this.revisions = [...new Set(all.flatMap(({ revisions }) => revisions))].sort((a, b) => a - b);
    clearTimeout(this.later);
    this.host.classList.toggle("several", shown.length > 1);
    const boxes = shown.map((environment) => this.box(environment));
    this.host.replaceChildren(...boxes);
    const charts = boxes.map((box, i) => new HistoryChart(this, box, shown[i], all[i], top));
    const width = this.host.clientWidth;
    for (const chart of charts) {
      await chart.draw();
      this.charts.push(chart);
    }
    if (this.host.clientWidth !== width) {
      this.together((chart) => chart.resize()); // the window was resized while they were drawn
    }
    this.mark();
  }

  /** @param {Environment} environment */
  box(environment) {
    const { cpus, cores, details } = environment;
    const place = placeName(environment);
    const name = `${place}: ${QUANTITIES[this.page.quantity].title} by ${state.get("x")}`;
    const alike = cores === cpus ? "" : `, ${cores} core${cores === 1 ? "" : "s"} alike`;
    const allowed = cpus ? ` · ${cpus} CPU${cpus === 1 ? "" : "s"} allowed${alike}` : "";
    // An application: a screen reader passes the arrow keys on. The table below the chart is outside of it.
    return html`<figure class="card">
      <figcaption><b>${place}</b><span class="muted">${allowed}</span></figcaption>
      <div class="plot" tabindex="0" role="application" aria-roledescription="chart"
        aria-describedby="hint" aria-label="${name}"></div>
      <p class="muted details">${details.map((one) => one.join(" ")).join(", ")}</p>
    </figure>`;
  }

  /** Return the range that the address asks for, in the axis' own terms; an open side is undefined. */
  wanted() {
    const { commits } = this.page;
    const axis = state.get("x");
    const [one, other] = [state.get("from"), state.get("to")].map((text) => {
      const revision = commits.place(text);
      return revision === null ? undefined : axis === "date" ? commits.dateOf(revision) : revision;
    });
    if (one === undefined || other === undefined) {
      return [one, other];
    }
    const [from, to] = [Math.min(one, other), Math.max(one, other)];
    return from < to ? [from, to] : [from - AROUND[axis], to + AROUND[axis]];
  }

  /** Show the range that the address asks for, which was changed there. */
  restore() {
    this.together((chart) => chart.show(...this.wanted()));
  }

  /** Do something with every chart; none moves the others. @param {(chart: HistoryChart) => void} act */
  together(act) {
    this.following = true;
    this.charts.forEach(act);
    this.following = false;
  }

  /** One chart was zoomed or moved: the others follow, and the address. @param {HistoryChart} chart */
  follow(chart) {
    if (this.following || !this.charts.includes(chart)) {
      return;
    }
    const { start, end } = chart.range;
    this.together((other) => other === chart || other.show(start, end));
    clearTimeout(this.later);
    this.later = setTimeout(() => this.remember(chart), REST);
  }

  /**
   * Put the range into the address, by the commits at its ends; an end of the history stays open.
   * @param {HistoryChart} chart
   */
  remember(chart) {
    const [from, to] = chart.ends().map((x) => {
      const away = (/** @type {number} */ revision) => Math.abs(chart.place(revision) - Number(x));
      const nearest = this.revisions.reduce((best, one) => (away(one) <= away(best) ? one : best));
      return x === undefined ? "" : this.page.address(nearest);
    });
    state.set({ from, to });
  }

  /** @param {HistoryChart} chart @param {KeyboardEvent} event */
  key(chart, event) {
    const { key } = event;
    const stride = STRIDES.get(key);
    if (event.ctrlKey || event.altKey || event.metaKey) {
      return; // the browser's own: back, the size of the page
    }
    if (stride !== undefined) {
      this.walk(chart, stride);
    } else if (key === "Enter" && chart.pointed !== null) {
      chart.choose(event.shiftKey);
    } else if (key === "+" || key === "-") {
      chart.zoom(key === "+" ? 0.5 : 2);
    } else if (key === "Escape") {
      chart.point(null);
    } else {
      return;
    }
    event.preventDefault();
  }

  /**
   * Point at another commit, and say what is there; at first at the newest.
   * @param {HistoryChart} chart @param {number} stride
   */
  walk(chart, stride) {
    const last = chart.numbers.revisions.length - 1;
    const first = chart.pointed === null && Number.isFinite(stride);
    const to = first ? last : Math.min(Math.max((chart.pointed ?? last) + stride, 0), last);
    chart.reveal(to);
    chart.point(to);
    byId("live").textContent = spoken(this.tip);
  }

  /**
   * Tell of the commit at a position of a chart's numbers, or of none.
   * @param {HistoryChart} chart @param {number | null} position @param {MouseEvent} [event]
   */
  tell({ cross, environment, lines, numbers, page, quantity }, position, event) {
    this.tip.hidden = position === null;
    if (position === null) {
      return;
    }
    const { revision, hash, date, author, subject } = page.commits.at(numbers.revisions[position]);
    const change = environment.changes.find((one) => one.revision === revision);
    const rows = lines.toReversed().map((line) => {
      const name = line.threads === null ? QUANTITIES[quantity].title : `${line.threads} thr`;
      return html`<tr><th scope="row">${sign(line.threads, page.counts)}${name}</th>
        <td>${written(quantity, line, position)}</td></tr>`;
    });
    this.tip.replaceChildren(
      html`<p><code>${page.short(hash)}</code> ${day(date)} <span class="muted">${author}</span></p>`,
      html`<p class="subject">${subject}</p>`,
      change ? html`<p class="${change.direction}">${changeText(change)} ${where(change)}</p>` : "",
      html`<table><tbody>${rows}</tbody></table>`,
    );
    document.body.append(this.tip);
    this.placeTip(event ?? cross.getBoundingClientRect());
  }

  /** Put the tooltip beside the pointer or the line, always in sight. @param {MouseEvent | DOMRect} at */
  placeTip(at) {
    const [x, y] = at instanceof DOMRect ? [at.left, at.top + 20] : [at.clientX, at.clientY];
    const { width, height } = this.tip.getBoundingClientRect();
    const left = x + 16 + width > innerWidth ? Math.max(4, x - 16 - width) : x + 16;
    const top = Math.min(Math.max(4, y - height / 2), innerHeight - height - 4);
    Object.assign(this.tip.style, { left: `${left}px`, top: `${top}px` });
  }

  /** Mark the chosen commits on every chart. */
  mark() {
    const { commits } = this.page;
    const chosen = [state.get("commit"), state.get("base")].map((hash) => commits.find(hash));
    this.charts.forEach(({ marks }) => marks.choose(...chosen));
  }
}

/** Return where a change may have come about, as told of its commit. @param {Change} change */
function where({ others }) {
  return others ? `at this commit ${others}` : "here";
}

/** Return what a tooltip tells, a line for each paragraph and row, and no signs. @param {HTMLElement} tip */
function spoken(tip) {
  const copy = /** @type {HTMLElement} */ (tip.cloneNode(true));
  copy.querySelectorAll("[aria-hidden]").forEach((sign) => sign.remove());
  const lines = [...copy.querySelectorAll("p, tr")];
  return lines.map(({ textContent }) => String(textContent).replace(/\s+/g, " ").trim()).join("\n");
}
