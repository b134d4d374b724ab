// @ts-check
// Changes in words, and the list of them below the history.
import { html } from "./dom.js";
import { day, placeName, QUANTITIES } from "./quantities.js";

/** A change's direction and size: "▼ −60 %", or "▼ held +20 points". @param {Change} change */
export function changeText({ headline: { quantity, name, text }, direction }) {
  const what = quantity === "speedup" ? "" : `${name.split(" ").at(-1)} `; // held, or stopped
  return `${direction === "lost" ? "▼" : "▲"} ${what}${text}`;
}

/** @param {Effect} effect */
function effectText({ quantity, name, threads, before, after }) {
  const { write } = QUANTITIES[quantity];
  return `${threads === null ? name : `${threads} threads`}: ${write(before)} → ${write(after)}`;
}

/** @param {Page} page @param {Environment} environment @param {Change} change */
function item(page, environment, change) {
  const { hash, subject, direction, others } = change;
  const where = page.shown().length > 1 ? placeName(environment) : "";
  const what = `${changeText(change)}, ${direction}${where && ` on ${where}`}`;
  const name = `${what}: choose ${page.short(hash)}, ${subject}`;
  const choose = () => page.choose(change.revision);
  const effects = change.effects.map(effectText).join("; ");
  return html`<li class="change ${direction}">
    <button type="button" class="change-size" aria-label="${name}" onclick="${choose}"
      >${changeText(change)}</button>
    <span class="change-what"><b>${direction === "lost" ? "Lost" : "Gained"}. </b>${effects}
      ${where ? html`<span class="muted">${where}</span>` : null}
      ${change.confirmed ? null : html`<span class="tag">suspected: measure one more commit</span>`}</span>
    <span class="change-commit">${page.commitLink(hash)} <span class="subject">${subject}</span>
      <span class="muted">${day(new Date(change.date))}</span>
      ${others ? html`<span class="muted">${others}</span>` : null}</span>
  </li>`;
}

/**
 * List the changes of the environments that are shown, the newest first.
 * @param {HTMLElement} host @param {Page} page
 */
export function listChanges(host, page) {
  const rows = page.shown().flatMap((place) => place.changes.map((change) => ({ place, change })));
  rows.sort((a, b) => b.change.revision - a.change.revision);
  const items = rows.map(({ place, change }) => item(page, place, change));
  host.replaceChildren(
    ...(items.length
      ? [html`<h3>Changes</h3>`, html`<ol class="changes">${items}</ol>`]
      : [html`<p class="muted">No change found in this history.</p>`]),
  );
}
