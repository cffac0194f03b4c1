// The wall by keyboard: next, previous, look closer, choose, hide, accept, reject, add a label, undo. Every deed is one change on the
// server, done at once for the image in focus or, where some are chosen, for those.
"use strict";

const root = document.querySelector("[data-wall]");
const form = root.querySelector("[data-decide]");
const part = (name) => root.querySelector(`[data-${name}]`);
const tiles = [...root.querySelectorAll("[data-tile]")];
const label = root.dataset.label;
const mayDecide = Boolean(form.querySelector("[name=deed]"));
let undoAddress = "";
let undoStates = []; // [tile, what its state said before]

const boxOf = (tile) => tile.querySelector("input[type=checkbox]");
const focused = () => tiles.find((tile) => tile === document.activeElement || tile.contains(document.activeElement)) ?? tiles.find((tile) => tile.tabIndex === 0);
const chosen = () => tiles.filter((tile) => boxOf(tile)?.checked);
/** What a key is about: the image that is looked at closer; else the chosen ones, else the one in focus. */
const meant = () => (chosen().length && !part("closer").open ? chosen() : [focused()].filter(Boolean));

function focusTile(tile) {
  for (const other of tiles) other.tabIndex = other === tile ? 0 : -1;
  tile.focus();
  tile.scrollIntoView({ block: "nearest" });
  if (part("closer").open) lookCloser(tile);
}

function step(by) {
  const at = tiles.indexOf(focused());
  // The first key press shows where one is, rather than going on from there.
  const isThere = tiles[at] === document.activeElement || part("closer").open;
  const next = tiles[isThere ? at + by : at];
  if (next) focusTile(next);
}

/** How many tiles a row holds: those at the height of the first. */
const perRow = () => tiles.filter((tile) => tile.offsetTop === tiles[0].offsetTop).length;

function showChosen() {
  const n = chosen().length;
  if (part("n-chosen")) part("n-chosen").textContent = n ? `The ${n.toLocaleString()} chosen` : "The chosen ones";
  for (const tile of tiles) tile.classList.toggle("galaxy-is-chosen", Boolean(boxOf(tile)?.checked));
}

function say(text, undo = "") {
  // Beside a picture that is looked at closer, the rest of the page is out of reach.
  (part("closer").open ? part("closer") : root).append(part("toast"));
  part("toast").hidden = false;
  part("toast-text").textContent = text;
  part("undo").hidden = !undo;
  undoAddress = undo;
}

/** One request; answers what the server said, or null where it said why not. */
async function post(address, fields) {
  const data = new FormData();
  data.append("csrfmiddlewaretoken", form.querySelector("[name=csrfmiddlewaretoken]").value);
  for (const [name, value] of fields) data.append(name, value);
  try {
    const response = await fetch(address, { method: "POST", body: data, headers: { Accept: "application/json" } });
    const body = await response.json();
    if (response.ok) return body;
    say(body.error ?? "Nothing was done.");
  } catch {
    say("Nothing was done: the connection broke, or you are logged out.");
  }
  return null;
}

async function decide(deed, term, state) {
  const about = meant();
  if (!about.length || !mayDecide) return;
  const collection = form.querySelector("[name=collection]").value;
  const fields = [["collection", collection], ["scope", "chosen"], ["deed", deed], ["term", term], ["reason", form.querySelector("[name=reason]").value]];
  const body = await post(form.action, [...fields, ...about.map((tile) => ["uuids", tile.dataset.uuid])]);
  if (!body) return;
  undoStates = about.map((tile) => [tile, tile.querySelector("[data-state]").textContent]);
  for (const tile of about) {
    tile.querySelector("[data-state]").textContent = state;
    tile.classList.toggle("galaxy-is-hidden", deed === "hide");
    if (boxOf(tile)) boxOf(tile).checked = false;
  }
  say(body.text, body.undo);
  showChosen();
  if (about.length === 1) step(1);
}

async function undo() {
  if (!undoAddress) return;
  const body = await post(undoAddress, []);
  if (!body) return;
  for (const [tile, state] of undoStates) {
    tile.querySelector("[data-state]").textContent = state;
    tile.classList.toggle("galaxy-is-hidden", state === "hidden");
  }
  say(body.text);
}

function addLabel() {
  const n = meant().length;
  if (!n || !part("ask")) return;
  part("ask-n").textContent = n === 1 ? "this image" : `${n.toLocaleString()} images`;
  part("ask-term").value = "";
  part("ask").returnValue = "";
  part("ask").showModal();
}

function lookCloser(tile) {
  const picture = part("closer-picture");
  picture.src = tile.dataset.view;
  picture.alt = tile.querySelector("img")?.alt ?? "";
  const link = tile.querySelector("a");
  part("closer-title").textContent = link.textContent;
  part("closer-page").href = link.href;
  const rows = [...tile.querySelectorAll("[data-term]")].map((row) => {
    const item = document.createElement("li");
    const meter = Object.assign(document.createElement("meter"), { min: 0, max: 1, value: Number(row.dataset.score) });
    item.append(meter, ` ${row.dataset.term} `);
    item.title = `${row.dataset.score}, said by ${row.dataset.source}`;
    if (mayDecide) {
      for (const [deed, word, state] of [["accept", "Accept", "accepted"], ["reject", "Reject", "rejected"]]) {
        const button = Object.assign(document.createElement("button"), { type: "button", className: "button", textContent: word });
        button.setAttribute("aria-label", `${word} ${row.dataset.term}`);
        button.addEventListener("click", () => decide(deed, row.dataset.term, `${row.dataset.term} ${state}`));
        item.append(button, " ");
      }
    }
    return item;
  });
  part("closer-labels").replaceChildren(...rows);
  if (!part("closer").open) part("closer").showModal();
}

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  ArrowRight: () => step(1),
  ArrowLeft: () => step(-1),
  ArrowDown: () => step(perRow()),
  ArrowUp: () => step(-perRow()),
  Enter: () => focused() && lookCloser(focused()),
  x: () => {
    const box = focused() && boxOf(focused());
    if (box) box.checked = !box.checked;
    showChosen();
  },
  h: () => decide("hide", "", "hidden"),
  a: () => label && decide("accept", label, "accepted"),
  r: () => label && decide("reject", label, "rejected"),
  l: addLabel,
  u: undo,
  n: () => part("next")?.click(),
  p: () => part("previous")?.click(),
  "/": () => root.querySelector("[name=q]").focus(),
};

document.addEventListener("keydown", (event) => {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const isTyping = event.target.closest("input:not([type=checkbox], [type=radio]), select, textarea, [data-ask]");
  // On links and buttons, Enter and arrows keep their own meaning.
  const isControl = event.target.closest("a, button, summary") && event.key.length > 1;
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping || isControl || !KEYS[key]) return;
  event.preventDefault();
  KEYS[key]();
});

let lastChosen = null;
for (const tile of tiles) {
  tile.querySelector("img")?.addEventListener("click", () => {
    focusTile(tile);
    lookCloser(tile);
  });
  // Shift and a click choose all from the last one on.
  boxOf(tile)?.addEventListener("click", (event) => {
    if (event.shiftKey && lastChosen) {
      const [from, to] = [tiles.indexOf(lastChosen), tiles.indexOf(tile)].sort((a, b) => a - b);
      for (const between of tiles.slice(from, to + 1)) boxOf(between).checked = boxOf(tile).checked;
    }
    lastChosen = tile;
    showChosen();
  });
}
part("undo").addEventListener("click", undo);
part("close").addEventListener("click", () => part("closer").close());
part("closer").addEventListener("close", () => {
  root.append(part("toast"));
  focused()?.focus();
});
part("ask")?.addEventListener("close", () => {
  const term = part("ask-term").value.trim();
  if (part("ask").returnValue === "add" && term) decide("add", term, `${term} added`);
});
for (const select of root.querySelectorAll(".galaxy-filters select")) select.addEventListener("change", () => select.form.requestSubmit());
showChosen();
