"use strict";
// Changes in words, and the list of them below the history.
(function () {
  const { element } = antigil;

  /** A change's direction and size: "▼ −60 %". */
  function changeText(change) {
    const { quantity, size } = change.headline;
    const sign = size < 0 ? "−" : "+";
    const arrow = change.direction === "lost" ? "▼" : "▲";
    const amount = (100 * Math.abs(size)).toFixed(0);
    return quantity === "speedup" ? `${arrow} ${sign}${amount} %` : `${arrow} held ${sign}${amount} pt`;
  }

  function effectText(effect) {
    const { write } = antigil.QUANTITIES[effect.quantity];
    const threads = effect.threads === null ? "GIL held" : `${effect.threads} threads`;
    return `${threads}: ${write(effect.before)} → ${write(effect.after)}`;
  }

  /** What a screen reader says of a change's button: what it does, and to which commit. */
  function buttonName(page, change, where) {
    const { direction, hash, subject } = change;
    const what = `${changeText(change)}, ${direction}${where && ` on ${where}`}`;
    return `${what}: choose ${hash.slice(0, page.hashLength)}, ${subject}`;
  }

  function item(page, environment, change) {
    const where = page.shown().length > 1 ? `${environment.label} · ${environment.build}` : "";
    const before = change.between === 1 ? "the one" : `one of the ${change.between}`;
    return element(
      "li",
      { class: `change ${change.direction}` },
      element(
        "button",
        {
          type: "button",
          class: "change-size",
          "aria-label": buttonName(page, change, where),
          onclick: () => page.history.choose(change.revision),
        },
        changeText(change),
      ),
      element(
        "span",
        { class: "change-what" },
        element("b", {}, change.direction === "lost" ? "Lost. " : "Gained. "),
        change.effects.map(effectText).join("; "),
        where ? element("span", { class: "muted" }, ` ${where}`) : null,
        change.confirmed ? null : element("span", { class: "tag" }, "suspected: measure one more commit"),
      ),
      element(
        "span",
        { class: "change-commit" },
        page.commitLink(change.hash),
        " ",
        element("span", { class: "subject" }, change.subject),
        element("span", { class: "muted" }, ` ${antigil.day(new Date(change.date))}`),
        change.between
          ? element("span", { class: "muted" }, ` or ${before} before it, not measured`)
          : null,
      ),
    );
  }

  /** List the changes of the environments that are shown, the newest first. */
  function listChanges(host, page) {
    const rows = page
      .shown()
      .flatMap((environment) => environment.changes.map((change) => ({ environment, change })));
    rows.sort((a, b) => b.change.revision - a.change.revision);
    if (!rows.length) {
      host.replaceChildren(element("p", { class: "muted" }, "No change found in this history."));
      return;
    }
    host.replaceChildren(
      element("h3", {}, "Changes"),
      element(
        "ol",
        { class: "changes" },
        ...rows.map(({ environment, change }) => item(page, environment, change)),
      ),
    );
  }

  antigil.changeText = changeText;
  antigil.listChanges = listChanges;
})();
