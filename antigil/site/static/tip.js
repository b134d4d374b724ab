"use strict";
// The tooltip of the history charts: one commit's values, beside the pointer or what the keyboard points at.
(function () {
  const { element } = antigil;

  class Tip {
    constructor(page) {
      this.page = page;
      this.box = element("div", { class: "tip", hidden: true });
      document.body.append(this.box);
    }

    get text() {
      return this.box.textContent;
    }

    /** Tell of the commit at a position of a chart's numbers, or of none. */
    show(chart, position, event) {
      this.box.hidden = position === null;
      if (position === null) {
        return;
      }
      const revision = chart.numbers.revisions[position];
      const commit = this.page.commits.at(revision);
      const change = chart.environment.changes.find((one) => one.revision === revision);
      antigil.fill(
        this.box,
        element(
          "p",
          {},
          element("code", {}, commit.hash.slice(0, this.page.hashLength)),
          ` ${antigil.day(commit.date)} `,
          element("span", { class: "muted" }, commit.author),
        ),
        element("p", { class: "subject" }, commit.subject),
        change ? element("p", { class: change.direction }, `${antigil.changeText(change)} here`) : null,
        element("table", {}, element("tbody", {}, ...this.rows(chart, position))),
      );
      this.place(chart, event);
    }

    rows({ numbers, quantity, hidden, counts }, position) {
      return numbers
        .lines(quantity)
        .filter((line) => !hidden.has(line.threads))
        .reverse()
        .map((line) =>
          element(
            "tr",
            {},
            element(
              "th",
              { scope: "row" },
              antigil.sign(line.threads, counts),
              line.threads === null ? antigil.QUANTITIES[quantity].title : `${line.threads} thr`,
            ),
            element("td", {}, antigil.told(quantity, line, position)),
          ),
        );
    }

    /** Put it beside the pointer, or beside the line when the keyboard moved it; always in sight. */
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

  antigil.Tip = Tip;
})();
