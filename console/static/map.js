// Zooms, moves and searches the map of themes. Without this script it is a drawing whose circles are links.
"use strict";

(() => {
const frame = document.getElementById("map-frame");
const buttons = frame.querySelector(".zoom");
const search = document.getElementById("map-search");
const found = document.getElementById("map-found");
const LABELS = 26;
const FONT = 15;
const DEEPEST = 24;

let size = 1000;
let view = { x: 0, y: 0, width: 1000 };
let circles = [];
let drawn = null;
let waiting = false;

function drawing() {
  return frame.querySelector("svg.map");
}

// News replaces the drawing: what is seen of it stays.
function adopt() {
  drawn = drawing();
  if (!drawn) return;
  size = Number(drawn.dataset.size);
  circles = [...drawn.querySelectorAll(".themes-drawn a")].map((link) => {
    const all = [...link.querySelectorAll("circle")];
    const last = all[all.length - 1];
    const title = last.querySelector("title").textContent;
    return {
      link, all, last, title,
      name: title.slice(0, title.lastIndexOf(": ")),
      x: Number(last.getAttribute("cx")), y: Number(last.getAttribute("cy")),
      radii: all.map((one) => Number(one.getAttribute("r"))),
    };
  });
  draw();
  mark(false);
}

function later() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    draw();
  });
}

function zoom() {
  return size / view.width;
}

// Circles grow slower than distances, so that those that cover each other come apart.
function draw() {
  if (!drawn) return;
  drawn.setAttribute("viewBox", `${view.x} ${view.y} ${view.width} ${view.width}`);
  const smaller = zoom() ** -0.6;
  for (const one of circles) one.all.forEach((circle, place) => circle.setAttribute("r", one.radii[place] * smaller));
  frame.classList.toggle("zoomed", zoom() > 1.001);
  label(smaller);
}

function inView(one) {
  return one.x > view.x && one.x < view.x + view.width && one.y > view.y && one.y < view.y + view.width;
}

function label(smaller) {
  const group = drawn.querySelector(".labels");
  const families = drawn.querySelector(".family-labels");
  const wide = frame.clientWidth < 600 ? 26 : FONT;
  const font = wide / zoom();
  const boxes = [];
  for (const text of families.children) {
    text.setAttribute("font-size", font);
    text.style.fontSize = `${font}px`;
    text.style.strokeWidth = `${font / 5}px`;
    const half = text.textContent.length * font * 0.29;
    const [x, y] = [Number(text.getAttribute("x")), Number(text.getAttribute("y"))];
    boxes.push([x - half, y - font, x + half, y + font / 4]);
  }
  const seen = circles.filter(inView);
  for (const one of seen.slice(0, LABELS)) {
    const r = one.radii[one.radii.length - 1] * smaller;
    if (r > font) boxes.push([one.x - r, one.y - r, one.x + r, one.y + r]);
  }
  const hits = seen.filter((one) => one.last.classList.contains("hit"));
  const fresh = [];
  for (const one of drawn.classList.contains("searching") ? hits : seen) {
    if (fresh.length === LABELS) break;
    const name = one.name.length > 34 ? `${one.name.slice(0, 33)}…` : one.name;
    const half = name.length * font * 0.27;
    const r = one.radii[one.radii.length - 1] * smaller;
    const x = Math.min(Math.max(one.x, view.x + half), view.x + view.width - half);
    for (const y of [one.y + r + font, one.y - r - font / 3]) {
      const box = [x - half, y - font, x + half, y + font / 5];
      const outside = box[1] < view.y || box[3] > view.y + view.width;
      if (outside || boxes.some((other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3])) continue;
      boxes.push(box);
      const text = document.createElementNS("http://www.w3.org/2000/svg", "text");
      text.setAttribute("x", x);
      text.setAttribute("y", y);
      text.style.fontSize = `${font}px`;
      text.style.strokeWidth = `${font / 5}px`;
      text.textContent = name;
      fresh.push(text);
      break;
    }
  }
  group.replaceChildren(...fresh);
}

function limit() {
  view.width = Math.min(size, Math.max(size / DEEPEST, view.width));
  view.x = Math.min(Math.max(view.x, 0), size - view.width);
  view.y = Math.min(Math.max(view.y, 0), size - view.width);
}

function place(event) {
  const box = drawn.getBoundingClientRect();
  const side = Math.min(box.width, box.height);
  return [
    (event.clientX - box.left - (box.width - side) / 2) / side,
    (event.clientY - box.top - (box.height - side) / 2) / side,
  ];
}

function zoomBy(factor, [across, down] = [0.5, 0.5]) {
  const width = Math.min(size, Math.max(size / DEEPEST, view.width / factor));
  view.x += (view.width - width) * across;
  view.y += (view.width - width) * down;
  view.width = width;
  limit();
  later();
}

function moveBy(across, down) {
  view.x += across * view.width;
  view.y += down * view.width;
  limit();
  later();
}

function whole() {
  view = { x: 0, y: 0, width: size };
  later();
}

frame.addEventListener("wheel", (event) => {
  // At the whole map the wheel scrolls the page on, as it does beside the map.
  if (!drawn || (event.deltaY > 0 && zoom() <= 1.001)) return;
  event.preventDefault();
  zoomBy(Math.exp(-event.deltaY / (event.deltaMode ? 20 : 400)), place(event));
}, { passive: false });

const held = new Map();
let travelled = 0;
let apart = 0;

function spread() {
  const [one, other] = [...held.values()];
  return Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
}

frame.addEventListener("pointerdown", (event) => {
  if (event.target.closest(".zoom") || event.button !== 0) return;
  held.set(event.pointerId, event);
  travelled = 0;
  if (held.size === 2) apart = spread();
});
addEventListener("pointermove", (event) => {
  const before = held.get(event.pointerId);
  if (!before || !drawn) return;
  held.set(event.pointerId, event);
  const side = Math.min(drawn.clientWidth, drawn.clientHeight) || frame.clientWidth;
  const [across, down] = [(event.clientX - before.clientX) / side, (event.clientY - before.clientY) / side];
  travelled += Math.hypot(event.clientX - before.clientX, event.clientY - before.clientY);
  if (held.size === 2) {
    const now = spread();
    if (apart > 0) zoomBy(now / apart, place(event));
    apart = now;
  } else if (zoom() > 1.001 && travelled > 4) {
    frame.classList.add("moving");
    moveBy(-across, -down);
  }
});
for (const name of ["pointerup", "pointercancel"]) {
  addEventListener(name, (event) => {
    held.delete(event.pointerId);
    frame.classList.remove("moving");
  });
}
// A drag that ends on a circle is no click on it.
frame.addEventListener("click", (event) => {
  if (travelled > 4 && event.target.closest("svg a")) event.preventDefault();
}, true);
frame.addEventListener("dragstart", (event) => event.preventDefault());

const KEYS = {
  "+": () => zoomBy(1.5), "=": () => zoomBy(1.5), "-": () => zoomBy(1 / 1.5), 0: whole,
  ArrowLeft: () => moveBy(-0.15, 0), ArrowRight: () => moveBy(0.15, 0), ArrowUp: () => moveBy(0, -0.15), ArrowDown: () => moveBy(0, 0.15),
};
frame.addEventListener("keydown", (event) => {
  const act = KEYS[event.key];
  if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  act();
});
buttons.addEventListener("click", (event) => {
  const asked = event.target.dataset.zoom;
  if (asked === "in") zoomBy(1.6);
  if (asked === "out") zoomBy(1 / 1.6);
  if (asked === "all") whole();
});

// Names are searched while they are typed; the button searches keywords, too.
function mark(say) {
  const sought = search.value.trim().toLowerCase();
  if (!say && !sought) return;
  let number = 0;
  for (const one of circles) {
    const hit = sought !== "" && (one.name.toLowerCase().includes(sought) || one.link.getAttribute("href") === `/themes/${sought.replace(/^#/, "")}`);
    if (say) one.last.classList.toggle("hit", hit);
    number += one.last.classList.contains("hit");
  }
  drawn?.classList.toggle("searching", sought !== "");
  if (say) found.textContent = sought === "" ? "" : `${number} ${number === 1 ? "name has" : "names have"} it`;
  later();
}
search.addEventListener("input", () => mark(true));

frame.tabIndex = 0;
frame.setAttribute("role", "group");
frame.setAttribute("aria-label", "Map; the arrow keys move it, plus and minus zoom, 0 shows all of it");
buttons.hidden = !drawing();
new MutationObserver(() => {
  if (drawing() !== drawn) adopt();
}).observe(frame, { childList: true });
addEventListener("resize", later);
adopt();
})();
