"use strict";
// The History section: one chart per chosen environment, the tooltip, the keyboard, and the list of changes.
(function () {
  const { element } = antigil;

  function changeText(change) {
    const { quantity, size } = change.headline;
    const sign = size < 0 ? "−" : "+";
    const amount =
      quantity === "speedup"
        ? `${(100 * Math.abs(size)).toFixed(0)} %`
        : `held ${sign}${(100 * Math.abs(size)).toFixed(0)} pt`;
    const arrow = change.direction === "lost" ? "▼" : "▲";
    return quantity === "speedup" ? `${arrow} ${sign}${amount}` : `${arrow} ${amount}`;
  }

  function effectText(effect) {
    const { write } = antigil.QUANTITIES[effect.quantity];
    const threads = effect.threads === null ? "GIL held" : `${effect.threads} threads`;
    return `${threads}: ${write(effect.before)} → ${write(effect.after)}`;
  }

  class History {
    constructor(host, page) {
      this.host = host;
      this.page = page;
      this.charts = [];
      this.tip = element("div", { class: "tip", hidden: true });
      document.body.append(this.tip);
    }

    /** Draw the charts of the chosen environments anew. */
    async draw() {
      const { page } = this;
      const state = antigil.state;
      const quantity = state.get("q");
      const shown = page.shown();
      const hidden = new Set((state.get("hide") || []).map(Number));
      const all = await Promise.all(shown.map((environment) => page.numbers(environment)));
      const top = Math.max(...all.map((numbers) => highest(numbers, quantity, hidden)), 0) || 1;
      const counts = [...new Set(all.flatMap((numbers) => numbers.threadCounts()))].sort((a, b) => a - b);
      this.counts = counts;
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
        box.append(antigil.historyTable(chart, chart.environment.id));
      }
      this.mark();
    }

    card(environment, numbers, told) {
      const plot = element("div", { class: "plot" });
      const label = `${environment.label} · ${environment.build}`;
      const cpus = environment.cpus ? ` · ${environment.cpus} CPUs allowed` : "";
      const box = element(
        "figure",
        {
          class: "card",
          tabindex: "0",
          "aria-describedby": "hint",
          "aria-label": `${label}: ${antigil.QUANTITIES[told.quantity].title} by commit`,
        },
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
          byDate: antigil.state.get("x") === "date",
          ...told,
        },
        {
          onPoint: (position, event) => this.point(chart, position, event),
          onChoose: (position, beside) => this.choose(numbers.revisions[position], beside),
          onRange: (from, to) => this.follow(chart, from, to),
        },
      );
      box.addEventListener("keydown", (event) => this.key(chart, event));
      return { box, chart };
    }

    /** Return the range that the address asks for, in the axis' own terms. */
    wanted() {
      const byDate = antigil.state.get("x") === "date";
      return ["from", "to"].map((name) => {
        const text = antigil.state.get(name);
        if (text === undefined || text === "") {
          return undefined;
        }
        return byDate ? this.page.commits.dateOf(Number(text)) : Number(text);
      });
    }

    /** One chart was zoomed or moved: the others follow, and the address. */
    follow(chart, from, to) {
      if (this.following || !chart.view) {
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

    remember(chart, from, to) {
      const [first, last] = chart.whole();
      const whole = from <= first && to >= last;
      const revision = (x) => chart.numbers.revisions[chart.nearest(x)];
      antigil.state.set(
        whole ? { from: "", to: "" } : { from: String(revision(from)), to: String(revision(to)) },
      );
    }

    key(chart, event) {
      if (event.target.closest("details")) {
        return; // the table below the chart needs these keys itself
      }
      const steps = {
        ArrowLeft: -1,
        ArrowRight: 1,
        PageUp: -10,
        PageDown: 10,
        Home: -Infinity,
        End: Infinity,
      };
      const last = chart.numbers.revisions.length - 1;
      if (event.key in steps) {
        const step = steps[event.key];
        const first = chart.pointed === null && Number.isFinite(step);
        const to = first ? last : Math.min(Math.max((chart.pointed ?? last) + step, 0), last);
        chart.reveal(to);
        chart.point(to);
        document.getElementById("live").textContent = this.tip.textContent;
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
      antigil.state.set({ [beside ? "base" : "commit"]: this.page.commits.at(revision).hash.slice(0, 12) });
    }

    /** Mark the chosen commits on every chart. */
    mark() {
      for (const chart of this.charts) {
        antigil.marks.choose(
          chart,
          this.page.commits.find(antigil.state.get("commit")),
          this.page.commits.find(antigil.state.get("base")),
        );
      }
    }

    point(chart, position, event) {
      this.tip.hidden = position === null;
      if (position === null) {
        return;
      }
      const { numbers, quantity } = chart;
      const revision = numbers.revisions[position];
      const commit = this.page.commits.at(revision);
      const change = chart.environment.changes.find((c) => c.revision === revision);
      const rows = numbers
        .lines(quantity)
        .filter((line) => !chart.hidden.has(line.threads))
        .reverse()
        .map((line) =>
          element(
            "tr",
            {},
            element(
              "th",
              { scope: "row" },
              antigil.sign(line.threads, chart.counts),
              line.threads === null ? antigil.QUANTITIES[quantity].title : `${line.threads} thr`,
            ),
            element("td", {}, antigil.told(quantity, line, position)),
          ),
        );
      antigil.fill(
        this.tip,
        element(
          "p",
          {},
          element("code", {}, commit.hash.slice(0, this.page.hashLength)),
          ` ${antigil.day(commit.date)} `,
          element("span", { class: "muted" }, commit.author),
        ),
        element("p", { class: "subject" }, commit.subject),
        change ? element("p", { class: change.direction }, `${changeText(change)} here`) : null,
        element("table", {}, element("tbody", {}, ...rows)),
      );
      this.place(chart, event);
    }

    /** Put the tooltip beside the pointer, or beside the line when the keyboard moved it; always in sight. */
    place(chart, event) {
      const cross = chart.cross.getBoundingClientRect();
      const x = event ? event.clientX : cross.left;
      const y = event ? event.clientY : cross.top + 20;
      const { width, height } = this.tip.getBoundingClientRect();
      const left = x + 16 + width > innerWidth ? Math.max(4, x - 16 - width) : x + 16;
      const top = Math.min(Math.max(4, y - height / 2), innerHeight - height - 4);
      Object.assign(this.tip.style, { left: `${left}px`, top: `${top}px` });
    }
  }

  function highest(numbers, quantity, hidden) {
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
    return top * 1.14;
  }

  antigil.History = History;
  antigil.changeText = changeText;
  antigil.effectText = effectText;
})();
