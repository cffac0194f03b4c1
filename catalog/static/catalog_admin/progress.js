// Keeps a job's progress page up to date. Without it, the page's "Reload" link does.
"use strict";

const EVERY_MS = 1000;
const root = document.querySelector("[data-report-url]");
const bar = root.querySelector("[data-bar]");

function show(report) {
  for (const element of root.querySelectorAll("[data-field]")) {
    const text = report[element.dataset.field] || "–";
    // Unchanged text is left alone, so that a screen reader speaks of changes only.
    if (element.textContent !== text) element.textContent = text;
  }
  bar.max = report.total || 1;
  if (report.total > 0) bar.value = Math.min(report.done, report.total);
  else if (report.status === "queued") bar.value = 0;
  else bar.removeAttribute("value");
}

function showNotes(notes) {
  const list = root.querySelector("[data-notes]");
  const last = notes[notes.length - 1];
  const shown = list.lastElementChild;
  if (!last || (shown && list.children.length === notes.length && shown.textContent === `${last.at} ${last.text}`)) return;
  list.replaceChildren(
    ...notes.map((note) => {
      const item = document.createElement("li");
      const time = document.createElement("time");
      time.textContent = note.at;
      item.append(time, ` ${note.text}`);
      return item;
    }),
  );
}

async function refresh() {
  try {
    const response = await fetch(root.dataset.reportUrl, { headers: { Accept: "application/json" } });
    // Logged out in another window, or the job is gone: the page itself says so when it is loaded anew.
    if (!response.ok || response.redirected) return;
    const report = await response.json();
    // The buttons, the error and the result are the server's to draw.
    if (report.is_ended) {
      window.location.reload();
      return;
    }
    show(report);
    showNotes(report.notes);
  } catch {
    // The server is away for a moment; ask again.
  }
  window.setTimeout(refresh, EVERY_MS);
}

if (!["succeeded", "failed", "cancelled"].includes(root.dataset.status)) window.setTimeout(refresh, EVERY_MS);
