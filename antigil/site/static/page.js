"use strict";
// A workload's page: what is drawn when the reader chooses something.
(function () {
  const { element, state, QUANTITIES } = antigil;
  const script = document.currentScript.dataset;
  const model = antigil.get("page");

  const page = {
    model,
    commits: new antigil.Commits(antigil.get("commits")),
    /** Every thread count of the page, so that one has the same sign and colour wherever it is shown. */
    counts: [...new Set(model.environments.flatMap(({ threads }) => threads))].sort((a, b) => a - b),
    quantity: state.get("q"),
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
  antigil.page = page;
  page.history = new antigil.History(document.getElementById("history"), page);
  const view = new antigil.CommitView(document.getElementById("commit"), page);

  /** Say what the address asks for and this page does not have; "At one commit" does so of its commits. */
  function note() {
    const known = new Set(model.environments.map(({ id }) => id));
    const told = (state.get("env") || [])
      .filter((id) => !known.has(id))
      .map((id) => `Environment ${id.slice(0, 40)} was not measured here.`);
    if (page.quantity !== state.get("q")) {
      told.push(`${QUANTITIES[state.get("q")].title} was not measured here. Shown is the speedup.`);
    }
    for (const name of ["from", "to"]) {
      if (state.get(name) && page.commits.place(state.get(name)) === null) {
        told.push(`Commit ${state.get(name)} was not measured here. The range is open on that side.`);
      }
    }
    const notes = told.map((text) => element("p", { class: "note" }, text));
    document.getElementById("notes").replaceChildren(...notes);
  }

  async function draw() {
    const all = await Promise.all(page.shown().map((environment) => page.numbers(environment)));
    page.quantity = all.some((numbers) => numbers.has(state.get("q"))) ? state.get("q") : "speedup";
    note();
    antigil.controls(page, all);
    antigil.listChanges(document.getElementById("changes"), page);
    await page.history.draw(all);
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

  state.onChange((changed, outside) => {
    if (["env", "q", "x", "hide"].some((name) => changed.has(name))) {
      drawAll();
      return;
    }
    if (outside && (changed.has("from") || changed.has("to"))) {
      note();
      running = running.then(() => page.history.restore()).catch(complain);
    }
    if (changed.has("commit") || changed.has("base")) {
      page.history.mark();
      running = running.then(() => view.draw()).catch(complain);
    }
  });
  document.addEventListener("antigil-theme", drawAll);
  drawAll();
})();
