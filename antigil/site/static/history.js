"use strict";
// The History section: one chart per chosen environment, its range in the address, and the keyboard.
(function () {
  const { element, state } = antigil;
  /** Half of what is in sight where a link leads to a single commit: in revisions, in milliseconds. */
  const AROUND = { commit: 0.4, date: 43200000 };
  const STEPS = {
    ArrowLeft: -1,
    ArrowRight: 1,
    PageUp: -10,
    PageDown: 10,
    Home: -Infinity,
    End: Infinity,
  };

  class History {
    constructor(host, page) {
      this.host = host;
      this.page = page;
      this.charts = [];
      this.tip = new antigil.Tip(page);
    }

    /** Draw the charts of the chosen environments anew, from each one's numbers. */
    async draw(all) {
      const { counts, quantity } = this.page;
      const shown = this.page.shown();
      const hidden = new Set((state.get("hide") || []).map(Number));
      const highest = Math.max(...all.map((numbers) => highestOf(numbers, quantity, hidden)), 0) || 1;
      const crowded = shown.some((environment) => environment.changes.length > 1);
      const top = highest * (crowded ? 1.22 : 1.14); // room for one row of labels, or two
      this.charts.forEach((chart) => chart.close());
      this.charts = [];
      const cards = shown.map((environment, i) =>
        this.card(environment, all[i], { quantity, hidden, counts, top }),
      );
      this.host.classList.toggle("several", cards.length > 1);
      this.host.replaceChildren(...cards.map((card) => card.box));
      const [from, to] = this.wanted();
      for (const { chart, box } of cards) {
        await chart.draw(from, to);
        this.charts.push(chart);
        chart.table = antigil.historyTable(chart, chart.environment.id);
        box.append(chart.table);
      }
      this.mark();
    }

    card(environment, numbers, told) {
      const label = `${environment.label} · ${environment.build}`;
      // An application: a screen reader passes the arrow keys on. The table below the chart is outside of it.
      const plot = element("div", {
        class: "plot",
        tabindex: "0",
        role: "application",
        "aria-roledescription": "chart",
        "aria-describedby": "hint",
        "aria-label": `${label}: ${antigil.QUANTITIES[told.quantity].title} by ${state.get("x")}`,
      });
      const cpus = environment.cpus ? ` · ${environment.cpus} CPUs allowed` : "";
      const box = element(
        "figure",
        { class: "card" },
        element("figcaption", {}, element("b", {}, label), element("span", { class: "muted" }, cpus)),
        plot,
      );
      const known = environment.details.map(([name, value]) => `${name} ${value}`).join(", ");
      box.append(element("p", { class: "muted details" }, known));
      const chart = new antigil.HistoryChart(
        plot,
        {
          numbers,
          commits: this.page.commits,
          environment,
          byDate: state.get("x") === "date",
          ...told,
        },
        {
          onPoint: (position, event) => this.tip.show(chart, position, event),
          onChoose: (position, beside) => this.choose(numbers.revisions[position], beside),
          onRange: (from, to) => this.follow(chart, from, to),
        },
      );
      plot.addEventListener("keydown", (event) => this.key(chart, event));
      return { box, chart };
    }

    /** Return the range that the address asks for, in the axis' own terms; an open side is undefined. */
    wanted() {
      const { commits } = this.page;
      const axis = state.get("x");
      const ends = ["from", "to"].map((name) => {
        const revision = commits.place(state.get(name));
        return revision === null ? undefined : axis === "date" ? commits.dateOf(revision) : revision;
      });
      if (ends.includes(undefined)) {
        return ends;
      }
      const [from, to] = ends.sort((a, b) => a - b);
      return from < to ? [from, to] : [from - AROUND[axis], to + AROUND[axis]];
    }

    /** Show the range that the address asks for, which was changed there. */
    restore() {
      const [from, to] = this.wanted();
      this.following = true;
      for (const chart of this.charts) {
        const [first, last] = chart.whole();
        chart.show(from ?? first, to ?? last);
      }
      this.following = false;
    }

    /** One chart was zoomed or moved: the others follow, and the address. */
    follow(chart, from, to) {
      chart.table?.refresh();
      if (this.following || !this.charts.includes(chart)) {
        return;
      }
      this.following = true;
      for (const other of this.charts) {
        if (other !== chart) {
          other.show(from, to);
        }
      }
      this.following = false;
      clearTimeout(this.later);
      this.later = setTimeout(() => this.remember(chart, from, to), 250);
    }

    /** Put the range into the address, by the commits at its ends; an end of the history stays open. */
    remember(chart, from, to) {
      if (!this.charts.includes(chart)) {
        return; // drawn anew by now
      }
      const [first, last] = chart.whole();
      const near = (last - first) * 1e-6;
      const hash = (x) => this.shorten(chart.numbers.revisions[chart.nearest(x)]);
      state.set({ from: from - first <= near ? "" : hash(from), to: last - to <= near ? "" : hash(to) });
    }

    shorten(revision) {
      return this.page.commits.at(revision).hash.slice(0, 12);
    }

    key(chart, event) {
      if (event.ctrlKey || event.altKey || event.metaKey) {
        return; // the browser's own: back, the size of the page
      }
      const last = chart.numbers.revisions.length - 1;
      if (event.key in STEPS) {
        const step = STEPS[event.key];
        const first = chart.pointed === null && Number.isFinite(step);
        const to = first ? last : Math.min(Math.max((chart.pointed ?? last) + step, 0), last);
        chart.reveal(to);
        chart.point(to);
        document.getElementById("live").textContent = this.tip.text;
      } else if (event.key === "Enter" && chart.pointed !== null) {
        this.choose(chart.numbers.revisions[chart.pointed], event.shiftKey);
      } else if (event.key === "+" || event.key === "-") {
        antigil.zoom(chart, event.key === "+" ? 0.5 : 2);
      } else if (event.key === "Escape") {
        chart.point(null);
      } else {
        return;
      }
      event.preventDefault();
    }

    choose(revision, beside) {
      state.set({ [beside ? "base" : "commit"]: this.shorten(revision) });
    }

    /** Mark the chosen commits on every chart. */
    mark() {
      for (const chart of this.charts) {
        antigil.marks.choose(
          chart,
          this.page.commits.find(state.get("commit")),
          this.page.commits.find(state.get("base")),
        );
      }
    }
  }

  function highestOf(numbers, quantity, hidden) {
    let top = 0;
    for (const line of numbers.lines(quantity)) {
      if (hidden.has(line.threads)) {
        continue;
      }
      for (const v of line.value) {
        if (v > top) {
          top = v;
        }
      }
    }
    if (quantity === "speedup") {
      for (const [, cpus] of numbers.cpusByRevision) {
        for (const n of numbers.threadCounts()) {
          if (!hidden.has(n)) {
            top = Math.max(top, Math.min(n, cpus ?? n));
          }
        }
      }
    }
    if (quantity === "efficiency") {
      top = Math.max(top, 1);
    }
    return top;
  }

  antigil.History = History;
})();
