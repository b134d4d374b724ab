"use strict";
// What the reader chose, kept in the address so that a link restores it:
// #env=ID,ID&q=speedup&x=date&from=REVISION&to=REVISION&hide=2,4&commit=HASH&base=HASH
antigil.state = (function () {
  const lists = new Set(["env", "hide"]);
  const defaults = { q: "speedup", x: "commit" };
  const listeners = [];
  let current = read();

  function read() {
    const found = { ...defaults };
    for (const [name, value] of new URLSearchParams(location.hash.slice(1))) {
      found[name] = lists.has(name) ? value.split(",").filter(Boolean) : value;
    }
    return found;
  }

  function write() {
    const told = new URLSearchParams();
    for (const [name, value] of Object.entries(current)) {
      const text = Array.isArray(value) ? value.join(",") : value;
      if (text !== undefined && text !== null && text !== "" && defaults[name] !== text) {
        told.set(name, text);
      }
    }
    const hash = told.toString().replaceAll("%2C", ",");
    history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
  }

  /** Change what was chosen; tell the listeners which names changed. */
  function set(changes) {
    const changed = Object.keys(changes).filter(
      (name) => String(current[name] ?? "") !== String(changes[name] ?? ""),
    );
    if (!changed.length) {
      return;
    }
    current = { ...current, ...changes };
    write();
    listeners.forEach((listener) => listener(new Set(changed)));
  }

  window.addEventListener("hashchange", () => {
    const before = current;
    current = read();
    const names = new Set([...Object.keys(before), ...Object.keys(current)]);
    const changed = new Set(
      [...names].filter((name) => String(before[name] ?? "") !== String(current[name] ?? "")),
    );
    if (changed.size) {
      listeners.forEach((listener) => listener(changed));
    }
  });

  return { get: (name) => current[name], set, onChange: (listener) => listeners.push(listener) };
})();
