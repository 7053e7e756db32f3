// Keeps a page as it would be if it were loaded now: fetches it every second and takes over what has changed.
// A landing page that is left for anywhere but the next step tells the emulator so.
"use strict";

// This loading of the page, as opposed to an earlier or a later one.
const view = Math.random().toString(36).slice(2);

let onwards = false;
const leaving = () => { onwards = true; };
addEventListener("submit", leaving);
addEventListener("click", (event) => {
  const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey;
  if (event.target.closest("a") && !elsewhere) leaving();
});

async function refresh() {
  const now = document.querySelector("main");
  const response = await fetch(location.href, { headers: { "x-live": view }, cache: "no-store" });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const next = page.querySelector("main");
  if (onwards || !next || next.dataset.version === now.dataset.version) return;
  if (next.dataset.go) {
    leaving();
    location.replace(next.dataset.go);
    return;
  }
  const hadFocus = now.contains(document.activeElement);
  document.title = page.title;
  now.replaceWith(document.adoptNode(next));
  if (hadFocus) document.querySelector("main h1").focus();
}

async function live() {
  // A page that cannot be reached now may be there again in a second.
  try { await refresh(); } catch { /* try again */ }
  if (!onwards) setTimeout(live, 1000);
}
live();

addEventListener("pagehide", () => {
  const left = document.querySelector("main").dataset.left;
  if (left && !onwards) navigator.sendBeacon(`${left}&view=${view}`);
});
// Back in a page the browser had kept: it may be long out of date.
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
