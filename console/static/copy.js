// Copies the text of an element for agents. Without this script the text can be selected as any other, and the buttons stay hidden.
"use strict";

function offer() {
  for (const button of document.querySelectorAll("button[data-copy]")) button.hidden = !navigator.clipboard;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copy]");
  if (!button) return;
  const said = button.dataset.said ?? button.textContent;
  button.dataset.said = said;
  try {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Not copied: select the text";
  }
  setTimeout(() => {
    button.textContent = said;
  }, 2000);
});

offer();
// The page is brought up to date in place.
new MutationObserver(offer).observe(document.getElementById("content"), { childList: true, subtree: true });
