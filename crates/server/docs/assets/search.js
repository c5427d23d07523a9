// Search of the guide: the index is one file, and every word of the question must begin a word of a section.
"use strict";

const input = document.getElementById("search");
const list = document.getElementById("found");
const root = input.dataset.root;
const MOST = 12;
let index = null;
let asked = 0;

/** Words of a text in lower case. */
function words(text) {
  return text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) || [];
}

async function load() {
  if (!index) {
    const answer = await fetch(root + "search.json");
    const entries = await answer.json();
    index = entries.map(([path, page, title, text]) => ({
      path,
      page,
      title,
      text,
      places: [words(page), words(title), words(text)],
    }));
  }
  return index;
}

/** Points of a section; 0 if a word is missing. */
function points(entry, asked) {
  let sum = 0;
  for (const word of asked) {
    const found = entry.places.map((place) => place.filter((one) => one.startsWith(word)).length);
    if (found.every((count) => count === 0)) return 0;
    sum += 8 * Math.min(found[0], 1) + 12 * Math.min(found[1], 1) + Math.min(found[2], 4);
  }
  return sum;
}

/** The text around the first of the words. */
function excerpt(entry, asked) {
  const at = entry.text.toLowerCase().indexOf(asked[0]);
  const from = Math.max(0, at - 60);
  return (from > 0 ? "…" : "") + entry.text.slice(from, from + 160);
}

function show(found, asked) {
  list.replaceChildren(
    ...found.map((entry) => {
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = root + entry.path;
      link.textContent = entry.page === entry.title ? entry.page : `${entry.page}: ${entry.title}`;
      const text = document.createElement("p");
      text.textContent = excerpt(entry, asked);
      item.append(link, text);
      return item;
    }),
  );
  if (found.length === 0) {
    const none = document.createElement("li");
    none.textContent = "Nothing found";
    list.append(none);
  }
  list.hidden = false;
}

async function search() {
  const own = ++asked;
  const wanted = words(input.value);
  if (wanted.length === 0) {
    list.hidden = true;
    return;
  }
  const entries = await load();
  if (own !== asked) return;
  const found = entries
    .map((entry) => ({ entry, sum: points(entry, wanted) }))
    .filter(({ sum }) => sum > 0)
    .sort((one, other) => other.sum - one.sum)
    .slice(0, MOST);
  show(found.map(({ entry }) => entry), wanted);
}

input.addEventListener("input", search);
input.addEventListener("keydown", (event) => {
  if (event.key === "Enter") list.querySelector("a")?.click();
  if (event.key === "Escape") list.hidden = true;
});
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== input) {
    event.preventDefault();
    input.focus();
  }
});
