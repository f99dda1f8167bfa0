// The keyboard of the console. Pages work without it: a key only moves the
// focus, or presses what is on the page. What a key is for is written on the
// element itself, as data-key.
"use strict";

const rows = () => [...document.querySelectorAll("tr[data-row]")];
const here = () => document.activeElement?.closest?.("tr[data-row]");

function move(by) {
  const all = rows();
  if (all.length === 0) return;
  const at = all.indexOf(here());
  const to = at < 0 ? 0 : Math.min(Math.max(at + by, 0), all.length - 1);
  const link = all[to].querySelector("a.subject");
  link.focus();
  link.scrollIntoView({ block: "nearest" });
}

function claim(row) {
  const form = document.getElementById("claim-row");
  if (!form || !row?.dataset.id) return false;
  form.action = "/reports/" + row.dataset.id + "/act";
  form.elements.saw.value = row.dataset.saw;
  form.submit();
  return true;
}

function press(key) {
  const e = document.querySelector('[data-key="' + CSS.escape(key) + '"]');
  if (!e) {
    if (key === "/") location.href = "/search";
    return key === "/";
  }
  if (e.matches("button, a")) {
    e.click();
  } else {
    e.focus();
    if (e.matches("[type=search]")) e.select();
  }
  return true;
}

function act(key) {
  switch (key) {
    case "j": move(1); return rows().length > 0;
    case "k": move(-1); return rows().length > 0;
    case "o": here()?.querySelector("a.subject").click(); return Boolean(here());
    case "x": here()?.querySelector("[type=checkbox]")?.click(); return Boolean(here());
    case "c": return claim(here()) || press(key);
  }
  return "dnu/?".includes(key) && press(key);
}

const typing = (e) => e.matches("textarea, select, [contenteditable], input:not([type=radio], [type=checkbox])");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.key.length !== 1) {
    if (event.key === "Escape" && typing(event.target)) event.target.blur();
    return;
  }
  if (typing(event.target) || document.querySelector("dialog[open]")) return;
  if (act(event.key)) event.preventDefault();
});

// A form that was sent is not sent twice by a second click.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method !== "post") return;
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

// A filter that was chosen is applied at once.
document.addEventListener("change", (event) => {
  if (event.target.matches("form.filter select")) event.target.form.requestSubmit();
});

for (const button of document.querySelectorAll("[data-opens]")) {
  button.hidden = false;
  button.addEventListener("click", () => document.getElementById(button.dataset.opens).showModal());
}
