// Keeps an open page up to date: on news the page is fetched anew and its live regions are put in place of the old ones.
// Forms are outside of the regions, so nothing that is being typed is touched. Without this script a reload does the same.
"use strict";

const status = document.getElementById("live");
let source = null;
const SPREAD_MILLISECONDS = 2000;
let later = 0;
let coming = null;
let busy = false;
let again = false;

function say(text, state) {
  if (status.textContent !== text) status.textContent = text;
  status.dataset.state = state;
}

function keepPlace(old) {
  const active = document.activeElement;
  const inside = old.contains(active) ? active : null;
  const links = inside ? [...old.querySelectorAll("a, button, summary, [tabindex]")] : [];
  const opened = [...old.querySelectorAll("details[open][id]")].map((item) => item.id);
  const scrolled = [...old.querySelectorAll(".table, .figures")].map((item) => [item.scrollLeft, item.scrollTop]);
  return (fresh) => {
    for (const id of opened) fresh.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", "");
    fresh.querySelectorAll(".table, .figures").forEach((item, place) => {
      if (scrolled[place]) [item.scrollLeft, item.scrollTop] = scrolled[place];
    });
    if (!inside) return;
    const same = [...fresh.querySelectorAll("a, button, summary, [tabindex]")];
    const match = same.find((item) => inside.href && item.href === inside.href) ?? same[links.indexOf(inside)] ?? fresh;
    if (match === fresh) fresh.tabIndex = -1;
    match.focus({ preventScroll: true });
  };
}

function swap(page) {
  for (const old of document.querySelectorAll("[data-live]")) {
    const fresh = page.getElementById(old.id);
    if (!fresh) continue;
    const open = [...old.querySelectorAll("details[open]")];
    for (const item of open) item.removeAttribute("open");
    const changed = fresh.outerHTML !== old.outerHTML;
    for (const item of open) item.setAttribute("open", "");
    if (!changed) continue;
    const restore = keepPlace(old);
    const placed = document.importNode(fresh, true);
    old.replaceWith(placed);
    restore(placed);
  }
}

async function refresh() {
  if (busy) {
    again = true;
    return;
  }
  busy = true;
  try {
    do {
      again = false;
      const answer = await fetch(location.href.split("#")[0], { headers: { Accept: "text/html" } });
      // Whoever is signed out meanwhile is led to the sign-in: what is shown must not stay as if it were of now.
      if (answer.redirected) {
        location.reload();
        return;
      }
      if (!answer.ok) throw new Error(`answered ${answer.status}`);
      swap(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } while (again);
    sayFresh();
  } catch {
    say("Not up to date: the console does not answer", "off");
  } finally {
    busy = false;
  }
}

// What is shown is live only where it is of now: the page says so itself, of the time when it was written.
function sayFresh() {
  const { fresh, said } = document.getElementById("clock").dataset;
  if (fresh === "live") say("Live", "on");
  else say(`Connected; ${said}`, "old");
}

// All open pages have the news at the same moment; they ask for it one after another.
function soon() {
  coming ??= setTimeout(() => {
    coming = null;
    refresh();
  }, Math.random() * SPREAD_MILLISECONDS);
}

function listen() {
  clearTimeout(later);
  if (source) return;
  const known = document.getElementById("clock").dataset.mark;
  source = new EventSource(`/events?known=${encodeURIComponent(known)}`);
  source.addEventListener("open", sayFresh);
  source.addEventListener("news", soon);
  source.addEventListener("over", () => {
    rest();
    listen();
  });
  source.addEventListener("error", () => {
    if (source?.readyState !== EventSource.CLOSED) {
      say("Not live: reconnecting", "off");
      return;
    }
    say("Not live: reload to see what is new", "off");
    rest();
    later = setTimeout(() => document.hidden || listen(), 60000);
  });
}

function rest() {
  clearTimeout(later);
  source?.close();
  source = null;
}

// A browser keeps few connections to one server: a page that nobody sees gives its own back.
document.addEventListener("visibilitychange", () => (document.hidden ? rest() : listen()));
addEventListener("pagehide", rest);
addEventListener("pageshow", () => document.hidden || listen());
