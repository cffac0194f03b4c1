// The contact sheet: how many are ticked, all of the page at once, and a range with Shift. Without it every box works by itself.
"use strict";

{
  const form = document.getElementById("galaxy-sheet");
  const boxes = [...form.querySelectorAll('input[name="image"]')];
  const count = form.querySelector("[data-count]");
  const all = form.querySelector("[data-all]");
  let last = null;

  const tell = () => {
    const n = boxes.filter((box) => box.checked).length;
    for (const box of boxes) box.closest("li").classList.toggle("ticked", box.checked);
    if (count) count.textContent = n ? `${n} of ${boxes.length} on this page are ticked.` : "Tick pictures to say where they belong.";
    if (all) all.textContent = n === boxes.length ? "Tick none" : "Tick all on this page";
  };

  form.addEventListener("click", (event) => {
    const box = event.target;
    if (!boxes.includes(box)) return;
    const at = boxes.indexOf(box);
    if (event.shiftKey && last !== null) {
      for (let i = Math.min(at, last); i <= Math.max(at, last); i += 1) boxes[i].checked = box.checked;
    }
    last = at;
    tell();
  });

  if (all && boxes.length) {
    all.hidden = false;
    all.addEventListener("click", () => {
      const none = boxes.every((box) => box.checked);
      for (const box of boxes) box.checked = !none;
      tell();
    });
  }
  tell();
}
