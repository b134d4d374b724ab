// @ts-check
// The tooltip of the history charts: one commit's values, beside the pointer or what the keyboard points at.
/** @import { HistoryChart } from "./chart.js" */
import { changeText } from "./changes.js";
import { html } from "./dom.js";
import { day, QUANTITIES, written } from "./quantities.js";
import { sign } from "./style.js";

export const tip = html`<div class="tip" hidden></div>`;

/**
 * Tell of the commit at a position of a chart's numbers, or of none.
 * @param {HistoryChart} chart @param {number | null} position @param {MouseEvent} [event]
 */
export function showTip(chart, position, event) {
  tip.hidden = position === null;
  if (position === null) {
    return;
  }
  const { numbers, page, environment, lines, quantity } = chart;
  const revision = numbers.revisions[position];
  const { hash, date, author, subject } = page.commits.at(revision);
  const change = environment.changes.find((one) => one.revision === revision);
  const rows = lines.toReversed().map((line) => {
    const name = line.threads === null ? QUANTITIES[quantity].title : `${line.threads} thr`;
    return html`<tr><th scope="row">${sign(line.threads, page.counts)}${name}</th>
      <td>${written(quantity, line, position)}</td></tr>`;
  });
  tip.replaceChildren(
    html`<p><code>${page.short(hash)}</code> ${day(date)} <span class="muted">${author}</span></p>`,
    html`<p class="subject">${subject}</p>`,
    change ? html`<p class="${change.direction}">${changeText(change)} here</p>` : "",
    html`<table><tbody>${rows}</tbody></table>`,
  );
  document.body.append(tip);
  place(event ?? chart.cross.getBoundingClientRect());
}

/** Put it beside the pointer or the line, always in sight. @param {MouseEvent | DOMRect} at */
function place(at) {
  const [x, y] = at instanceof DOMRect ? [at.left, at.top + 20] : [at.clientX, at.clientY];
  const { width, height } = tip.getBoundingClientRect();
  const left = x + 16 + width > innerWidth ? Math.max(4, x - 16 - width) : x + 16;
  const top = Math.min(Math.max(4, y - height / 2), innerHeight - height - 4);
  Object.assign(tip.style, { left: `${left}px`, top: `${top}px` });
}
