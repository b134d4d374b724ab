// @ts-check
// Flame graphs of the losses: built from the stacks in the page, one at a time, searched, zoomed by a click.

/**
 * @typedef {{
 *   name: string, value: number, before: number, below: Map<string, Frame>, parent: Frame | null,
 * }} Frame
 */
/** @typedef {[number[], number, number]} Stack */
/** @typedef {{ strings: string[], losses: { name: string, text: string, stacks: Stack[] }[] }} Data */

/** @template {Element} T @param {string} id @param {new () => T} kind @returns {T} */
function byId(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) {
    throw new Error(`no ${id} in the page`);
  }
  return found;
}

/** @param {string} name @param {Frame | null} parent @returns {Frame} */
function frame(name, parent) {
  return { name, value: 0, before: 0, below: new Map(), parent };
}

/** @param {string} name @param {[number[], number, number][]} stacks @param {string[]} strings */
function tree(name, stacks, strings) {
  const root = frame(name, null);
  for (const [path, value, before] of stacks) {
    let at = root;
    at.value += value;
    at.before += before;
    for (const number of path) {
      const word = strings[number] ?? "?";
      const next = at.below.get(word) ?? frame(word, at);
      at.below.set(word, next);
      next.value += value;
      next.before += before;
      at = next;
    }
  }
  return root;
}

const data = /** @type {Data} */ (JSON.parse(byId("data", HTMLScriptElement).textContent ?? ""));
const graph = byId("graph", HTMLDivElement);
const told = byId("told", HTMLParagraphElement);
const search = byId("search", HTMLInputElement);
const tabs = byId("tabs", HTMLDivElement);
let root = frame("", null);
let top = root;
let isGrowth = false;

/** @param {number} share */
const percent = (share) => `${(100 * share).toFixed(1).replace("-", "−")} %`;

/** @param {Frame} one */
function describe(one) {
  const part = root.value > 0 ? `, ${percent(one.value / root.value)} of what is shown` : "";
  const grown = one.value - one.before;
  const than = `${percent(Math.abs(grown))} ${grown < 0 ? "less" : "more"} than with one thread`;
  const growth = isGrowth ? `, ${than}` : "";
  return `${one.name}: ${percent(one.value)}${growth}${part}`;
}

/** How strongly a function has grown, from 0 to 1, as a class of colour. @param {Frame} one */
function heat(one) {
  const growth = one.value > 0 ? (one.value - one.before) / one.value : 0;
  return growth > 0.5 ? "hot" : growth > 0.15 ? "warm" : growth < -0.15 ? "cold" : "even";
}

/** @param {Frame} one @param {number} depth @param {number} left @param {number} width */
function draw(one, depth, left, width) {
  if (width < 0.0008) {
    return;
  }
  const box = document.createElement("button");
  const kind = isGrowth ? heat(one) : /:\d+\)$/.test(one.name) ? "python" : "native";
  const word = search.value.trim().toLowerCase();
  const found = word !== "" && one.name.toLowerCase().includes(word);
  box.className = `box ${kind}${found ? " found" : ""}`;
  box.style.cssText = `left:${100 * left}%;width:${100 * width}%;top:${22 * depth}px`;
  box.textContent = one.name;
  box.title = describe(one);
  box.onclick = () => {
    top = one === top && one.parent !== null ? one.parent : one;
    show();
  };
  graph.append(box);
  let at = left;
  for (const below of [...one.below.values()].sort((a, b) => b.value - a.value)) {
    const part = one.value > 0 ? (width * below.value) / one.value : 0;
    draw(below, depth + 1, at, part);
    at += part;
  }
}

/** @param {Frame} one @returns {number} */
function depthOf(one) {
  return 1 + Math.max(0, ...[...one.below.values()].map(depthOf));
}

/**
 * The share of the functions whose names have the word in them, each counted once.
 * @param {Frame} one @param {string} word @returns {number}
 */
function matching(one, word) {
  if (one.name.toLowerCase().includes(word)) {
    return one.value;
  }
  return [...one.below.values()].reduce((sum, below) => sum + matching(below, word), 0);
}

function show() {
  const isFocused = graph.contains(document.activeElement); // on a box that is about to be replaced
  graph.replaceChildren();
  const above = [];
  for (let at = top.parent; at !== null; at = at.parent) {
    above.unshift(at);
  }
  above.forEach((one, depth) => {
    draw({ ...one, below: new Map() }, depth, 0, 1);
    const box = graph.lastElementChild;
    if (box instanceof HTMLButtonElement) {
      box.classList.add("above");
      box.onclick = () => {
        top = one;
        show();
      };
    }
  });
  draw(top, above.length, 0, 1);
  const ofTop = graph.children[above.length];
  if (isFocused && ofTop instanceof HTMLButtonElement) {
    ofTop.focus();
  }
  graph.style.height = `${22 * (above.length + depthOf(top))}px`;
  const word = search.value.trim().toLowerCase();
  told.textContent = word === "" ? describe(top) : `${percent(matching(root, word))} in functions with “${word}”`;
}

/** @param {number} number */
function choose(number) {
  const loss = data.losses[number];
  if (loss === undefined) {
    return;
  }
  isGrowth = loss.name === "inflation";
  root = tree(loss.text, loss.stacks, data.strings);
  top = root;
  [...tabs.children].forEach((tab, i) => tab.setAttribute("aria-pressed", String(i === number)));
  document.body.classList.toggle("growth", isGrowth);
  show();
}

data.losses.forEach((loss, number) => {
  const tab = document.createElement("button");
  tab.textContent = loss.text;
  tab.onclick = () => choose(number);
  tabs.append(tab);
});
search.oninput = show;
document.onkeydown = (event) => {
  if (event.key === "Escape") {
    top = root;
    search.value = "";
    show();
  }
};
choose(0);
export {}; // a module: its names are its own
