// Refreshes an open page: fetches it every second and replaces <main> when its version has changed. A landing page that is left other than by
// its next step notifies the emulator.
"use strict";

// The id of this load of the page.
const view = Math.random().toString(36).slice(2);

let navigating = false;
const leaving = () => { navigating = true; };
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
  if (navigating || !next || next.dataset.version === now.dataset.version) return;
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
  // A failed request is retried in a second.
  try { await refresh(); } catch { /* retried below */ }
  if (!navigating) setTimeout(live, 1000);
}
live();

addEventListener("pagehide", () => {
  const left = document.querySelector("main").dataset.left;
  if (left && !navigating) navigator.sendBeacon(`${left}&view=${view}`);
});
// A page from the browser's back/forward cache may be out of date.
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
