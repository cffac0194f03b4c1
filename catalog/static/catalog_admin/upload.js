// Sends pictures a file a request, three at a time, shows how far it is, and starts the import when all are there. Without it the
// form does the same in one request.
"use strict";

const AT_ONCE = 3;
const form = document.querySelector("[data-upload]");
const input = form.querySelector("input[type=file]");
const drop = form.querySelector("[data-drop]");
const part = (name) => form.querySelector(`[data-${name}]`);

const waiting = [];
let failed = [];
let upload = "";
let running = 0;
let sentBytes = 0;
let totalBytes = 0;
let nSent = 0;
let nTotal = 0;
const underWay = new Map(); // file -> bytes of it that are sent

function show() {
  const now = sentBytes + [...underWay.values()].reduce((sum, bytes) => sum + bytes, 0);
  part("bar").max = Math.max(totalBytes, 1);
  part("bar").value = Math.min(now, totalBytes);
  const text = `${nSent.toLocaleString()} of ${nTotal.toLocaleString()} sent` + (failed.length ? `, ${failed.length} failed` : "");
  if (part("counts").textContent !== text) part("counts").textContent = text;
}

/** One request; answers { ok, body }. Never rejects: a connection that broke is an answer, too. */
function post(fields, onProgress) {
  return new Promise((resolve) => {
    const data = new FormData();
    data.append("csrfmiddlewaretoken", form.querySelector("[name=csrfmiddlewaretoken]").value);
    for (const [name, value] of Object.entries(fields)) data.append(name, value);
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", (event) => onProgress?.(event.loaded));
    request.addEventListener("loadend", () => {
      let body = null;
      try {
        body = JSON.parse(request.responseText);
      } catch {
        // An error page, the login page (with status 200), or nothing at all.
      }
      resolve({ ok: request.status === 200 && body !== null, body: body ?? {} });
    });
    request.send(data);
  });
}

async function send(file) {
  running += 1;
  underWay.set(file, 0);
  const { ok, body } = await post({ upload, files: file }, (bytes) => {
    underWay.set(file, Math.min(bytes, file.size));
    show();
  });
  running -= 1;
  underWay.delete(file);
  upload = body.upload || upload;
  if (ok) {
    nSent += 1;
    sentBytes += file.size;
  } else {
    failed.push(file);
    const item = document.createElement("li");
    item.textContent = body.refused?.join(" ") || `${file.name} could not be sent: the connection broke, or you are logged out.`;
    part("failed").append(item);
  }
  show();
  next();
}

function next() {
  // The first answer names the upload to which the others are added.
  while (waiting.length && running < (upload ? AT_ONCE : 1)) send(waiting.shift());
  if (waiting.length || running) return;
  part("retry").hidden = part("go-on").hidden = failed.length === 0;
  if (nSent === 0) part("go-on").hidden = true;
  if (failed.length === 0 && nSent) start();
}

async function start() {
  part("retry").hidden = part("go-on").hidden = true;
  const { ok, body } = await post({ upload, start: "1" });
  if (ok) {
    window.removeEventListener("beforeunload", hold);
    window.location.assign(body.progress_url);
  } else {
    part("counts").textContent = body.refused?.join(" ") || "The import could not be started. Try again.";
    part("go-on").hidden = false;
  }
}

function hold(event) {
  event.preventDefault();
}

function begin(files) {
  const chosen = [...files];
  if (!chosen.length) return;
  const bytes = chosen.reduce((sum, file) => sum + file.size, 0);
  const maxFiles = Number(form.dataset.maxFiles);
  if (nTotal + chosen.length > maxFiles || totalBytes + bytes > Number(form.dataset.maxBytes)) {
    part("words").textContent = "That is more than is taken at once. Send a part of it, or a zip archive.";
    return;
  }
  waiting.push(...chosen);
  nTotal += chosen.length;
  totalBytes += bytes;
  part("sending").hidden = false;
  part("submit").hidden = true;
  window.addEventListener("beforeunload", hold);
  show();
  next();
}

part("words").textContent = "Drop pictures or a zip archive here, or choose them";
part("submit").hidden = true; // what is chosen is sent at once
form.addEventListener("submit", (event) => event.preventDefault());
input.addEventListener("change", () => {
  begin(input.files);
  input.value = "";
});
for (const name of ["dragenter", "dragover"]) {
  drop.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.add("galaxy-over");
  });
}
for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("galaxy-over"));
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  begin(event.dataTransfer.files);
});
part("retry").addEventListener("click", () => {
  waiting.push(...failed);
  failed = [];
  part("failed").replaceChildren();
  part("retry").hidden = part("go-on").hidden = true;
  show();
  next();
});
part("go-on").addEventListener("click", start);
