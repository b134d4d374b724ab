"use strict";
// A workload's page: its controls, and what is drawn when the reader chooses something.
(function () {
  const { element, state, QUANTITIES } = antigil;
  const script = document.currentScript.dataset;

  const page = {
    model: antigil.get("page"),
    commits: new antigil.Commits(antigil.get("commits")),
    hashLength: Number(script.hashLength),
    commitUrl: script.commitUrl,
    cache: new Map(),

    /** Return the chosen environments: those in the address, else the newest. */
    shown() {
      const wanted = state.get("env") || [];
      const found = this.model.environments.filter((environment) => wanted.includes(environment.id));
      return found.length ? found : [this.model.environments[0]];
    },

    async numbers(environment) {
      if (!this.cache.has(environment.id)) {
        const columns = await antigil.load(
          `data/${script.file}.${environment.id}.js`,
          `numbers-${environment.id}`,
        );
        this.cache.set(environment.id, new antigil.Numbers(columns));
      }
      return this.cache.get(environment.id);
    },

    commitLink(hash) {
      const code = element("code", {}, hash.slice(0, this.hashLength));
      return this.commitUrl ? element("a", { href: this.commitUrl + hash, class: "hash" }, code) : code;
    },
  };

  function chips(host, entries, isPressed, press) {
    antigil.refill(
      document.getElementById(host),
      ...entries.map(([value, label, title]) =>
        element(
          "button",
          {
            type: "button",
            class: "chip",
            "aria-pressed": isPressed(value) === null ? null : String(isPressed(value)),
            "aria-label": title,
            title,
            "data-value": value,
            onclick: () => press(value),
          },
          ...[label].flat(),
        ),
      ),
    );
  }

  async function controls() {
    const numbers = await page.numbers(page.shown()[0]);
    const drawn = Object.entries(QUANTITIES).filter(([name]) => numbers.has(name));
    chips(
      "quantities",
      drawn.map(([name, q]) => [name, q.title]),
      (v) => v === state.get("q"),
      (v) => state.set({ q: v }),
    );
    chips(
      "axes",
      [
        ["commit", "Commit"],
        ["date", "Date"],
      ],
      (v) => v === state.get("x"),
      (v) => state.set({ x: v }),
    );
    chips(
      "ranges",
      antigil.RANGES.map(({ name, label, title }) => [name, label, title]),
      () => null,
      (name) => history.charts.slice(0, 1).forEach((chart) => antigil.setRange(chart, name)),
    );
    const hidden = new Set(state.get("hide") || []);
    chips(
      "threads",
      numbers
        .threadCounts()
        .map((n, _, counts) => [String(n), [antigil.sign(n, counts), String(n)], `${n} threads`]),
      (v) => !hidden.has(v),
      (v) => {
        hidden.has(v) ? hidden.delete(v) : hidden.add(v);
        state.set({ hide: [...hidden] });
      },
    );
    const all = page.model.environments;
    const shown = new Set(page.shown().map((e) => e.id));
    document.getElementById("environments").parentElement.hidden = all.length < 2;
    chips(
      "environments",
      all.map((e) => [e.id, `${e.label} · ${e.build}`]),
      (v) => shown.has(v),
      (v) => {
        shown.has(v) ? shown.delete(v) : shown.add(v);
        state.set({ env: all.map((e) => e.id).filter((id) => shown.has(id)) });
      },
    );
    document.getElementById("controls").hidden = false;
  }

  function listChanges() {
    const rows = page
      .shown()
      .flatMap((environment) => environment.changes.map((change) => ({ environment, change })));
    rows.sort((a, b) => b.change.revision - a.change.revision);
    const several = page.shown().length > 1;
    const host = document.getElementById("changes");
    if (!rows.length) {
      host.replaceChildren(element("p", { class: "muted" }, "No change found in this history."));
      return;
    }
    host.replaceChildren(
      element("h3", {}, "Changes"),
      element(
        "ol",
        { class: "changes" },
        ...rows.map(({ environment, change }) =>
          element(
            "li",
            { class: `change ${change.direction}` },
            element(
              "button",
              { type: "button", class: "change-size", onclick: () => history.choose(change.revision) },
              antigil.changeText(change),
            ),
            element(
              "span",
              { class: "change-what" },
              element("b", {}, change.direction === "lost" ? "Lost. " : "Gained. "),
              change.effects.map(antigil.effectText).join("; "),
              several
                ? element("span", { class: "muted" }, ` ${environment.label} · ${environment.build}`)
                : null,
              change.confirmed
                ? null
                : element("span", { class: "tag" }, "suspected: measure one more commit"),
            ),
            element(
              "span",
              { class: "change-commit" },
              page.commitLink(change.hash),
              " ",
              element("span", { class: "subject" }, change.subject),
              element("span", { class: "muted" }, ` ${antigil.day(new Date(change.date))}`),
              change.between
                ? element(
                    "span",
                    { class: "muted" },
                    ` or ${change.between === 1 ? "the one" : `one of the ${change.between}`} before it, not measured`,
                  )
                : null,
            ),
          ),
        ),
      ),
    );
  }

  const history = new antigil.History(document.getElementById("history"), page);
  page.history = history;
  antigil.page = page;

  const view = new antigil.CommitView(document.getElementById("commit"), page);

  async function draw() {
    await controls();
    listChanges();
    await history.draw();
    document.documentElement.dataset.history = "yes";
    await new Promise((resolve) => setTimeout(resolve));
    await view.draw();
    document.documentElement.dataset.ready = "yes";
  }

  // One drawing at a time; of several that wait, the last is enough, since each draws what is chosen by then.
  let running = Promise.resolve();
  let asked = 0;

  function drawAll() {
    asked += 1;
    const mine = asked;
    running = running.then(() => (mine === asked ? draw() : null)).catch(complain);
  }

  function complain(error) {
    const text = `These charts could not be drawn: ${error.message}`;
    document.getElementById("history").replaceChildren(element("p", { class: "note" }, text));
    console.error(error);
  }

  state.onChange((changed) => {
    const redraw = ["env", "q", "x", "hide"].some((name) => changed.has(name));
    if (redraw) {
      drawAll();
    } else if (changed.has("commit") || changed.has("base")) {
      history.mark();
      running = running.then(() => view.draw()).catch(complain);
    }
  });
  document.addEventListener("antigil-theme", drawAll);
  drawAll();
})();
