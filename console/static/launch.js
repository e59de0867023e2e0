// The form of a plan: shows what the plan means while it is written. Without this script its button does the same.
"use strict";

const form = document.querySelector("form[data-preview]");
const WAIT = 500;
const LISTS = { theme: "themes", like: "launches" };
let timer = null;
let asked = 0;

async function preview() {
  const number = (asked += 1);
  try {
    const answer = await fetch(form.dataset.preview, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (!answer.ok || number !== asked) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("preview");
    if (fresh) document.getElementById("preview").replaceWith(document.importNode(fresh, true));
  } catch {
    // The button still asks the console.
  }
}

function offer(field) {
  const row = field.closest(".row");
  if (field.name === "means") row.querySelector("[name=text]").setAttribute("list", LISTS[field.value] ?? "none");
  if (field.name !== "dimension") return;
  const list = document.getElementById(`values-${field.value.trim()}`);
  row.querySelector("[name=value]").setAttribute("list", list ? list.id : "every-value");
}

if (form) {
  form.addEventListener("input", (event) => {
    offer(event.target);
    clearTimeout(timer);
    timer = setTimeout(preview, WAIT);
  });
}
