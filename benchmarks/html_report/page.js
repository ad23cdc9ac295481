"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const one = (selector) => document.querySelector(selector);

  // --- sorting: numbers as numbers, texts by letters; cells without a value stay last either way ---
  const valueOf = (row, column) => {
    const text = row.cells[column].dataset.v;
    if (text === undefined) return null;
    const number = Number(text);
    return text.trim() !== "" && Number.isFinite(number) ? number : text;
  };
  const compare = (a, b) => {
    if (typeof a === "number" && typeof b === "number") return a - b;
    return String(a).localeCompare(String(b), "en", { numeric: true });
  };
  const sortBy = (table, column, ascending) => {
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => [valueOf(row, column), row]);
    rows.sort(([a], [b]) => {
      if (a === null || b === null) return (a === null) - (b === null);
      return ascending ? compare(a, b) : compare(b, a);
    });
    body.append(...rows.map(([, row]) => row));
  };
  for (const table of all("table.sortable")) {
    const heads = all("tr.headings th", table);
    heads.forEach((head, column) => {
      head.querySelector("button").addEventListener("click", () => {
        const ascending = head.getAttribute("aria-sort") !== "ascending";
        heads.forEach((other) => other.setAttribute("aria-sort", "none"));
        head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
        sortBy(table, column, ascending);
      });
    });
  }

  // --- filters: rows of the table, and what the pictures show of the same results ---
  const search = one("#search");
  const older = one("#older");
  const selects = all("select[data-filter]");
  const rows = all("#results-body tr");
  const wanted = (row) => {
    if (row.classList.contains("older") && !(older && older.checked)) return false;
    const words = search.value.toLowerCase().split(/[\s,]+/).filter(Boolean);
    const text = row.textContent.toLowerCase();
    return words.every((word) => text.includes(word)) && selects.every((s) => !s.value || row.dataset[s.dataset.filter] === s.value);
  };
  const apply = () => {
    const shown = new Set();
    for (const row of rows) {
      row.hidden = !wanted(row);
      if (!row.hidden) shown.add(row.dataset.of);
    }
    for (const mark of all("main section:not(#table) [data-of]")) mark.classList.toggle("out", !shown.has(mark.dataset.of));
    one("#count").textContent = `${shown.size} of ${rows.length} shown`;
  };
  one("#filters").addEventListener("input", apply);
  one("#filters").addEventListener("submit", (event) => event.preventDefault());
  one("#clear").addEventListener("click", () => {
    one("#filters").reset();
    apply();
  });
  apply();

  // --- a link to a measurement opens its part ---
  const open = () => {
    const part = location.hash.length > 1 ? document.getElementById(location.hash.slice(1)) : null;
    if (part instanceof HTMLDetailsElement) {
      part.open = true;
      part.scrollIntoView();
    }
  };
  addEventListener("hashchange", open);
  open();

  // --- light or dark: what the system says, or what was chosen on this page ---
  one("#theme").addEventListener("click", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });
})();
