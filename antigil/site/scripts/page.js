// @ts-check
// What the parts of a workload's page share: the model, the numbers, and what the reader chose. Data
// files are scripts that call antigil.receive(name, version, value): a page opened from a folder may load
// no JSON.
import { html } from "./dom.js";
import { Commits, Numbers } from "./numbers.js";
import { state } from "./state.js";

/** Digits of a hash in the address. */
const IN_ADDRESS = 12;

/** @type {Map<string, { version: string, value: any }>} */
const received = new Map();

/** @param {string} name @param {string} version @param {unknown} value */
export function receive(name, version, value) {
  received.set(name, { version, value });
}

/**
 * Return what a data file handed over, if it was published together with this page.
 * @param {string} name @param {string} [version] that this page asks for
 */
function take(name, version) {
  const found = received.get(name);
  if (!found) {
    throw new Error(`the data “${name}” could not be loaded`);
  }
  if (found.version !== version) {
    throw new Error("the pages were published anew: reload this one");
  }
  return found.value;
}

/** Return a data file's value. @param {string} file @param {string} name @param {string} version */
function load(file, name, version) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = `${file}?${version}`;
    script.onload = resolve;
    script.onerror = () => reject(new Error(`${file} could not be loaded`));
    document.head.append(script);
  }).then(() => take(name, version));
}

export class Page {
  /** @param {DOMStringMap} told by the script's tag */
  constructor(told) {
    this.model = /** @type {PageModel} */ (take("page", told.page));
    this.commits = new Commits(take("commits", told.commits));
    const counts = this.model.environments.flatMap(({ threads }) => threads);
    /** Every thread count of the page, so that one has the same sign and colour wherever it is shown. */
    this.counts = [...new Set(counts)].sort((a, b) => a - b);
    this.quantity = state.get("q");
    this.told = told;
    this.cache = /** @type {Map<string, Promise<Numbers>>} */ (new Map());
  }

  /** Return the chosen environments: those in the address, else the newest. */
  shown() {
    const wanted = state.get("env") ?? [];
    const found = this.model.environments.filter(({ id }) => wanted.includes(id));
    return found.length ? found : this.model.environments.slice(0, 1);
  }

  /** Return the thread counts that the reader hid; a quantity without thread counts is never hidden. */
  hidden() {
    return new Set(/** @type {(number | null)[]} */ ((state.get("hide") ?? []).map(Number)));
  }

  /** @param {Environment} environment */
  numbers({ id, version }) {
    const known = this.cache.get(id);
    if (known) {
      return known;
    }
    const file = `data/${this.told.file}.${id}.js`;
    const loaded = load(file, `numbers-${id}`, version).then((told) => new Numbers(told));
    this.cache.set(id, loaded);
    loaded.catch(() => this.cache.delete(id)); // whoever asks the next time tries again
    return loaded;
  }

  /** Return a hash as the page writes it. @param {string} hash */
  short(hash) {
    return hash.slice(0, Number(this.told.hashLength));
  }

  /** @param {number} revision */
  name(revision) {
    return this.short(this.commits.at(revision).hash);
  }

  /** Return a commit as the address names it. @param {number} revision */
  address(revision) {
    return this.commits.at(revision).hash.slice(0, IN_ADDRESS);
  }

  /** Choose a commit for the charts below, or as the one beside it. @param {number} revision */
  choose(revision, beside = false) {
    state.set({ [beside ? "base" : "commit"]: this.address(revision) });
  }

  /** @param {string} hash */
  commitLink(hash) {
    const code = html`<code>${this.short(hash)}</code>`;
    const { commitUrl } = this.told;
    return commitUrl ? html`<a href="${commitUrl + hash}" class="hash">${code}</a>` : code;
  }
}
