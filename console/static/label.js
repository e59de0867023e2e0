// Labels a case by the keyboard and measures how long it was visible. Without this script the same forms do the same.
"use strict";

(() => {
const RETRY_MILLISECONDS = 5000;
const KEPT = "groundswell-label:";
const SWITCHED = "groundswell-label-keys";

let shownAt = null;
let visible = 0;
let sending = false;
let waiting = 0;

const form = () => document.getElementById("questions");
const questions = () => [...document.querySelectorAll(".question")];
const radios = (question) => [...question.querySelectorAll('input[type="radio"]')];
const chosen = (question) => radios(question).find((one) => one.checked) ?? null;
const current = () => document.querySelector(".question.now");

function say(text, warn = false) {
  const said = document.getElementById("said");
  if (!said) return;
  if (said.textContent !== text) said.textContent = text;
  said.classList.toggle("warn", warn);
}

// Time counts while the page can be seen: another tab, or a locked screen, is no time of the case.
function tick() {
  if (shownAt !== null) visible += performance.now() - shownAt;
  shownAt = document.hidden ? null : performance.now();
}

function seconds() {
  tick();
  return Math.round(visible / 100) / 10;
}

// Under the person's name: another person at the same browser must not see what was answered.
function keep() {
  const answers = Object.fromEntries(questions().map((one) => [one.dataset.question, chosen(one)?.value ?? ""]));
  try {
    localStorage.setItem(KEPT + form().dataset.case, JSON.stringify({ answers, seconds: seconds() }));
  } catch {
    // A browser that stores nothing still keeps the page.
  }
}

function restore() {
  let kept = null;
  try {
    kept = JSON.parse(localStorage.getItem(KEPT + form().dataset.case));
  } catch {
    return false;
  }
  if (!kept) return false;
  visible += 1000 * (Number(kept.seconds) || 0);
  for (const question of questions()) {
    const value = kept.answers[question.dataset.question];
    const found = radios(question).find((one) => one.value === value);
    if (found && !chosen(question)) found.checked = true;
  }
  return true;
}

function forget(id) {
  try {
    localStorage.removeItem(KEPT + id);
  } catch {
    // Nothing was stored.
  }
}

function summarize(question) {
  const answer = question.querySelector(".opener .answer");
  const one = chosen(question);
  const text = one ? one.closest("label").querySelector("span").firstChild.textContent.trim() : "";
  if (answer) answer.textContent = text;
}

function open(question, focus = true) {
  if (!question) return;
  for (const one of questions()) {
    one.classList.toggle("now", one === question);
    one.querySelector(".opener")?.setAttribute("aria-expanded", String(one === question));
  }
  if (focus) (chosen(question) ?? radios(question)[0])?.focus({ preventScroll: false });
}

function move(step) {
  const all = questions();
  const at = all.indexOf(current()) + step;
  if (at >= 0 && at < all.length) open(all[at]);
  else if (at === all.length) document.getElementById("save")?.focus();
}

function showProcedures() {
  const asked = document.querySelector(".question .find")?.closest(".question");
  if (!asked) return;
  const theme = chosen(asked)?.value ?? "";
  let shown = 0;
  for (const one of document.querySelectorAll(".sop-of")) {
    one.hidden = one.dataset.theme !== theme;
    one.open = !one.hidden;
    shown += !one.hidden;
  }
  const hint = document.getElementById("sops-hint");
  if (hint) {
    hint.textContent = theme && theme !== "none" ? "This theme has no procedure." : "The procedure of a theme shows once you choose the theme.";
    hint.hidden = shown > 0;
  }
}

function choose(radio, advance) {
  radio.checked = true;
  radio.focus();
  changed(radio.closest(".question"));
  if (!advance) return;
  const all = questions();
  const at = all.indexOf(radio.closest(".question"));
  const next = [...all.slice(at + 1), ...all.slice(0, at)].find((one) => !chosen(one));
  if (next) open(next);
  else say("All questions are answered: Enter saves.");
}

function changed(question) {
  summarize(question);
  showProcedures();
  keep();
}

// Takes over what the server answered, as a reload would, so that no screen flashes between two cases.
function adopt(text, address) {
  const page = new DOMParser().parseFromString(text, "text/html");
  document.title = page.title;
  document.querySelector("main").replaceWith(document.importNode(page.querySelector("main"), true));
  history.pushState(null, "", address);
  scrollTo(0, 0);
  start();
}

async function send(target) {
  if (sending) return;
  sending = true;
  clearTimeout(waiting);
  const save = document.getElementById("save");
  save?.setAttribute("aria-disabled", "true");
  const id = target.dataset.case;
  try {
    const answer = await fetch(target.action, { method: "POST", body: new URLSearchParams(new FormData(target)) });
    if (new URL(answer.url).pathname === "/sign-in" || answer.status === 401) {
      say("Not saved: you are signed out. Sign in in another tab; your answer is kept here, and Enter sends it again.", true);
    } else if (answer.status >= 500) {
      throw new Error(`answered ${answer.status}`);
    } else {
      // What is refused for good is not kept; a form with a mistake is, and what belongs to another person (403).
      if (id && (answer.ok || answer.status === 409)) forget(id);
      adopt(await answer.text(), answer.redirected ? answer.url : location.href);
    }
  } catch {
    say("Not saved: the console does not answer. Your answer is kept in this browser and is sent again until it is saved.", true);
    waiting = setTimeout(() => target.isConnected && send(target), RETRY_MILLISECONDS);
  } finally {
    sending = false;
    save?.removeAttribute("aria-disabled");
  }
}

function submit(target) {
  const open_ = target.id === "questions" ? questions().find((one) => !chosen(one)) : null;
  if (open_) {
    open(open_);
    say(`Not saved yet: answer “${open_.querySelector("legend .prompt").textContent}” first.`);
    return;
  }
  const time = document.getElementById("seconds");
  if (time && target.id === "questions") time.value = seconds();
  if (target.id === "questions") keep();
  send(target);
}

// A search replaces the offered themes and leaves everything else as it is.
async function search(input) {
  const fields = new URLSearchParams(new FormData(form()));
  fields.delete("seconds");
  fields.delete("labeller");
  try {
    const answer = await fetch(`${form().action}?${fields}`);
    if (!answer.ok) throw new Error(`answered ${answer.status}`);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const old = input.closest(".question");
    const fresh = document.importNode(page.getElementById(old.id), true);
    old.replaceWith(fresh);
    const shelf = page.querySelector(".sops");
    document.querySelector(".sops")?.replaceWith(document.importNode(shelf, true));
    dress(fresh);
    open(fresh);
    showProcedures();
  } catch {
    say("The search was not answered; try again.", true);
  }
}

function dress(question) {
  const legend = question.querySelector("legend");
  const prompt = legend.textContent;
  legend.replaceChildren();
  const hidden = document.createElement("span");
  hidden.className = "prompt";
  hidden.textContent = prompt;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "opener";
  button.setAttribute("aria-expanded", "false");
  const asked = document.createElement("span");
  asked.textContent = prompt;
  const answer = document.createElement("span");
  answer.className = "answer";
  button.append(asked, answer);
  legend.append(hidden);
  question.prepend(button);
  question.insertBefore(legend, button);
  summarize(question);
}

function start() {
  visible = 0;
  shownAt = document.hidden ? null : performance.now();
  const target = form();
  const next = document.querySelector("[data-next]");
  if (!target) {
    next?.focus();
    return;
  }
  const kept = restore();
  document.querySelector(".desk")?.classList.add("keyed");
  for (const question of questions()) dress(question);
  const switcher = document.getElementById("switch");
  if (switcher) {
    switcher.hidden = false;
    document.getElementById("use-keys").checked = keysAreOn();
  }
  showProcedures();
  if (kept) say("Your answer was kept in this browser, and is not saved yet: Enter saves it.", true);
  open(questions().find((one) => !chosen(one)) ?? questions()[0]);
}

function keysAreOn() {
  try {
    return localStorage.getItem(SWITCHED) !== "off";
  } catch {
    return true;
  }
}

function isTyping(element) {
  return element?.matches?.('input:not([type="radio"]):not([type="checkbox"]), textarea, select') ?? false;
}

function pressKey(key) {
  const marked = document.querySelector(`[data-key="${CSS.escape(key)}"]:not(input)`);
  if (!marked) return false;
  if (marked.matches("summary")) {
    const fold = marked.parentElement;
    fold.open = !fold.open;
    (fold.open ? fold.querySelector("input:not([type=hidden]), .keys") : marked)?.focus?.();
    if (fold.open) fold.scrollIntoView({ block: "nearest" });
  } else {
    marked.click();
  }
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const at = event.target;
  if (isTyping(at)) {
    if (event.key === "Escape") {
      event.preventDefault();
      const fold = at.closest("details");
      if (fold) fold.open = false;
      open(current() ?? questions()[0]);
    } else if (event.key === "Enter" && at.matches("[data-find]")) {
      event.preventDefault();
      search(at);
    }
    return;
  }
  const now = current();
  if (event.key === "Escape") {
    for (const fold of document.querySelectorAll(".case-acts details[open]")) fold.open = false;
    if (now) open(now);
    return;
  }
  if (!keysAreOn()) return;
  if (now && (event.key === "ArrowDown" || event.key === "ArrowUp") && !at.closest(".turns")) {
    event.preventDefault();
    move(event.key === "ArrowDown" ? 1 : -1);
  } else if (now && /^[0-9]$/.test(event.key)) {
    const radio = now.querySelector(`input[data-key="${event.key}"]`);
    if (!radio) return;
    event.preventDefault();
    choose(radio, true);
  } else if (event.key === "Enter" && now && (at === document.body || at.closest(".question, .turns")) && !at.matches("button, summary, a")) {
    event.preventDefault();
    submit(form());
  } else if (event.key === "/" && document.querySelector("[data-find]")) {
    event.preventDefault();
    const input = document.querySelector("[data-find]");
    open(input.closest(".question"), false);
    input.focus();
    input.select();
  } else if (/^[a-z?]$/.test(event.key) && pressKey(event.key)) {
    event.preventDefault();
  }
});

document.addEventListener("focusin", (event) => {
  const question = event.target.closest?.(".keyed .question");
  if (question && question !== current()) open(question, event.target.matches(".opener"));
});

document.addEventListener("click", (event) => {
  const button = event.target.closest(".opener");
  if (button) open(button.closest(".question"));
  const find = event.target.closest(".find button");
  if (find) {
    event.preventDefault();
    search(find.closest(".find").querySelector("input"));
  }
});

document.addEventListener("change", (event) => {
  if (event.target.matches("#use-keys")) {
    try {
      localStorage.setItem(SWITCHED, event.target.checked ? "on" : "off");
    } catch {
      // The choice is lost with the page.
    }
  } else if (event.target.matches('.question input[type="radio"]')) {
    changed(event.target.closest(".question"));
  }
});

document.addEventListener("submit", (event) => {
  if (!event.target.matches("#questions, .skip-form, [data-goes-on]")) return;
  event.preventDefault();
  submit(event.target);
});

document.addEventListener("visibilitychange", tick);
addEventListener("online", () => waiting && form() && submit(form()));
addEventListener("popstate", () => location.reload());
start();
})();
