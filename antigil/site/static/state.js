"use strict";
// What the reader chose, kept in the address so that a link restores it:
// #env=ID,ID&q=speedup&x=date&from=HASH&to=HASH&hide=2,4&commit=HASH&base=HASH
// HASH is the beginning of a commit's; in older links from and to are asv's revision numbers, which change
// when other branches grow.
antigil.state = (function () {
  const oneOf = (names) => (text) => (names.includes(text) ? text : undefined);
  const list = (fits) => (text) => text.split(",").filter(fits);
  const told = (text) => text.slice(0, 40) || undefined;
  /** What each name may say; the rest of an address, which anybody can write, is not read. */
  const RULES = {
    env: list(Boolean),
    q: oneOf(Object.keys(antigil.QUANTITIES)),
    x: oneOf(["commit", "date"]),
    from: told,
    to: told,
    hide: list((text) => /^[1-9]\d*$/.test(text)),
    commit: told,
    base: told,
  };
  const defaults = { q: "speedup", x: "commit" };
  const listeners = [];
  let current = read();

  function read() {
    const found = { ...defaults };
    for (const [name, text] of new URLSearchParams(location.hash.slice(1))) {
      const value = Object.hasOwn(RULES, name) ? RULES[name](text) : undefined;
      if (value !== undefined) {
        found[name] = value;
      }
    }
    return found;
  }

  function write() {
    const address = new URLSearchParams();
    for (const [name, value] of Object.entries(current)) {
      const text = Array.isArray(value) ? value.join(",") : value;
      if (text !== undefined && text !== null && text !== "" && defaults[name] !== text) {
        address.set(name, text);
      }
    }
    const hash = address.toString().replaceAll("%2C", ",");
    history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
  }

  /** Replace what was chosen; return the names that changed. */
  function become(next) {
    const names = new Set([...Object.keys(current), ...Object.keys(next)]);
    const changed = [...names].filter((name) => String(current[name] ?? "") !== String(next[name] ?? ""));
    current = next;
    return new Set(changed);
  }

  /** Change what was chosen; tell the listeners which names changed. */
  function set(changes) {
    const changed = become({ ...current, ...changes });
    if (changed.size) {
      write();
      listeners.forEach((listener) => listener(changed, false));
    }
  }

  // The address itself was changed: by a link, by hand, or by going back.
  window.addEventListener("hashchange", () => {
    const changed = become(read());
    if (changed.size) {
      listeners.forEach((listener) => listener(changed, true));
    }
  });

  return { get: (name) => current[name], set, onChange: (listener) => listeners.push(listener) };
})();
