// Suggests terms while somebody types into the label filter.
"use strict";

const WAIT_MS = 150;

for (const input of document.querySelectorAll("input[data-suggest-url]")) {
  const list = document.getElementById(input.getAttribute("list"));
  let timer = 0;
  let asked = 0;
  const suggest = async () => {
    const number = (asked += 1);
    const query = new URLSearchParams({ q: input.value, collection: input.dataset.collection });
    try {
      const response = await fetch(`${input.dataset.suggestUrl}?${query}`);
      if (!response.ok) return;
      const { terms } = await response.json();
      // A slow answer to an earlier question must not replace the answer to the latest.
      if (number !== asked) return;
      list.replaceChildren(...terms.map((term) => Object.assign(document.createElement("option"), { value: term })));
    } catch {
      // Without suggestions one still can type.
    }
  };
  input.addEventListener("input", () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(suggest, WAIT_MS);
  });
}
