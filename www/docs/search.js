/** Search over the headings of the documentation. Without this script there is no field. */

const MOST = 8;
const make = (name, attributes, text = "") => {
  const element = document.createElement(name);
  for (const key in attributes) element.setAttribute(key, attributes[key]);
  element.append(text);
  return element;
};

const field = make("input", {
  id: "query",
  role: "combobox",
  placeholder: "Search",
  autocomplete: "off",
  spellcheck: "false",
  "aria-autocomplete": "list",
  "aria-expanded": "false",
  "aria-controls": "found",
  "aria-keyshortcuts": "/",
});
const list = make("ul", { id: "found", role: "listbox", "aria-label": "Headings", hidden: "" });
const status = make("p", { role: "status", class: "unseen" });
const label = make("label", { for: "query", class: "unseen" }, "Search the documentation");
const place = document.getElementById("search");
place.append(label, field, make("kbd", { "aria-hidden": "true" }, "/"), list, status);
place.hidden = false;

/** Lists of title, page and address, once fetched. */
let index;
let active = -1;

async function load() {
  index ??= fetch(new URL("search.json", import.meta.url)).then((answer) => answer.json());
  try {
    return await index;
  } catch {
    index = undefined;
    status.textContent = "The search does not answer";
    return [];
  }
}

/** First what begins with the query, then what contains it, then what has its words in title and page. */
function matching(entries, query) {
  const rank = ([title, page]) => {
    const at = title.toLowerCase().indexOf(query);
    if (at >= 0) return Math.min(at, 1);
    const text = `${title} ${page}`.toLowerCase();
    return query.split(/\s+/).every((word) => text.includes(word)) ? 2 : 3;
  };
  return [0, 1, 2].flatMap((wanted) => entries.filter((entry) => rank(entry) === wanted));
}

function close() {
  activate(-1);
  list.hidden = true;
  list.replaceChildren();
  field.setAttribute("aria-expanded", "false");
}

function activate(next) {
  list.children[active]?.setAttribute("aria-selected", "false");
  active = next;
  const option = list.children[active];
  option?.setAttribute("aria-selected", "true");
  option?.scrollIntoView({ block: "nearest" });
  field.setAttribute("aria-activedescendant", option?.id ?? "");
}

async function search() {
  const entries = await load();
  const query = field.value.trim().toLowerCase();
  close();
  if (!query || !entries.length) return;
  const found = matching(entries, query);
  found.slice(0, MOST).forEach(([title, page, address], nth) => {
    const option = make("li", { id: `found-${nth}`, role: "option", "aria-selected": "false" }, title);
    option.append(make("small", {}, page));
    option.onclick = () => go(address);
    list.append(option);
  });
  list.hidden = !found.length;
  field.setAttribute("aria-expanded", !list.hidden);
  status.textContent = `${found.length || "No"} heading${found.length === 1 ? "" : "s"} found`;
}

function go(address) {
  close();
  field.value = "";
  field.blur();
  // The addresses begin at the proxy, which may itself be below a path.
  location.assign(new URL(`..${address}`, import.meta.url));
}

field.addEventListener("focus", load);
field.addEventListener("input", search);
field.addEventListener("blur", close);
// The field keeps the focus while the list is pressed.
list.addEventListener("mousedown", (event) => event.preventDefault());

field.addEventListener("keydown", async (event) => {
  const { key, isComposing } = event;
  if (isComposing || !["ArrowDown", "ArrowUp", "Enter", "Escape"].includes(key)) return;
  event.preventDefault();
  const options = list.children.length;
  if (key === "Escape") {
    if (list.hidden) field.value = "";
    close();
  } else if (key === "Enter") {
    if (!options) await search();
    list.children[Math.max(active, 0)]?.click();
  } else if (options) {
    const from = key === "ArrowDown" ? active + 1 : Math.max(active, 0) - 1;
    activate((from + options) % options);
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target === field || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  field.focus();
});
