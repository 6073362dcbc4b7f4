// Parts of a page that keep themselves up to date: each message is the new content.
"use strict";
for (const region of document.querySelectorAll("[data-live]")) {
  let source = null;
  const show = (event) => {
    if (region.dataset.shown === event.data) return;
    region.dataset.shown = event.data;
    const controls = () => [...region.querySelectorAll("a, button, summary")];
    const open = [...region.querySelectorAll("details")].map((fold) => fold.open);
    const focused = controls().indexOf(document.activeElement);
    region.innerHTML = event.data;
    // What happened changes more than this part of the page.
    if (region.querySelector("[data-reload]")) return location.reload();
    region.querySelectorAll("details").forEach((fold, index) => { fold.open = open[index] ?? false; });
    if (focused >= 0) controls()[focused]?.focus();
  };
  const listen = () => {
    source?.close();
    source = new EventSource(region.dataset.live);
    source.addEventListener("message", show);
  };
  listen();
  // A page in the browser's memory holds no connection; it takes one up again when it is shown.
  window.addEventListener("pagehide", () => source.close());
  window.addEventListener("pageshow", (event) => { if (event.persisted) listen(); });
}
