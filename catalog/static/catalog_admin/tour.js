// The order of the tour: rows are dragged, or moved by their buttons; the numbers that are posted follow.
"use strict";

{
  const list = document.getElementById("galaxy-tour");
  const rows = () => [...list.children];
  let dragged = null;

  const number = () => rows().forEach((row, i) => { row.querySelector("input[type=number]").value = i + 1; });

  for (const row of rows()) {
    row.draggable = true;
    row.querySelector("[data-buttons]").hidden = false;
    row.addEventListener("dragstart", (event) => {
      dragged = row;
      row.classList.add("dragged");
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", "");
    });
    row.addEventListener("dragend", () => {
      row.classList.remove("dragged");
      dragged = null;
      number();
    });
  }

  list.addEventListener("dragover", (event) => {
    const over = event.target.closest("li");
    if (!dragged || !over) return;
    event.preventDefault();
    if (over === dragged) return;
    const box = over.getBoundingClientRect();
    const after = event.clientY > box.top + box.height / 2;
    list.insertBefore(dragged, after ? over.nextSibling : over);
  });
  list.addEventListener("drop", (event) => event.preventDefault());

  list.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-step]");
    if (!button) return;
    const row = button.closest("li");
    if (button.dataset.step === "up" && row.previousElementSibling) list.insertBefore(row, row.previousElementSibling);
    if (button.dataset.step === "down" && row.nextElementSibling) list.insertBefore(row.nextElementSibling, row);
    number();
    button.focus();
  });
}
