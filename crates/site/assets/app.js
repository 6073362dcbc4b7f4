// What pages can do without, and are nicer with: every road works with this file missing.
"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");

  // A form with errors says so first.
  document.querySelector(".error-summary")?.focus();

  // Copy buttons.
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const word = button.querySelector(".copy-word");
    const before = word.dataset.before ?? word.textContent;
    word.dataset.before = before;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      word.textContent = "Copied";
    } catch {
      word.textContent = "Not copied";
    }
    setTimeout(() => { word.textContent = before; }, 2000);
  });

  // A choice that takes effect at once.
  for (const select of document.querySelectorAll("[data-submit]")) {
    select.addEventListener("change", () => select.form.requestSubmit());
  }

  // A tick at the head of a column is one in each of its rows.
  for (const grid of document.querySelectorAll("[data-grid]")) {
    const column = (head) => [...grid.querySelectorAll("tbody input")].filter((it) => it.value.endsWith(`:${head.dataset.column}`));
    const heads = [...grid.querySelectorAll("[data-column]")];
    const sum = () => { for (const head of heads) head.checked = column(head).every((it) => it.checked); };
    grid.addEventListener("change", ({ target }) => {
      if (target.dataset.column) for (const it of column(target)) it.checked = target.checked;
      sum();
    });
    sum();
  }

  // A payment is sent once. The button stays enabled for the keyboard; it only stops acting.
  for (const form of document.querySelectorAll("[data-once]")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) return event.preventDefault();
      form.dataset.sent = "1";
      event.submitter?.setAttribute("aria-busy", "true");
    });
  }
  // The page may come back from the browser's memory, ready for another try.
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    for (const form of document.querySelectorAll("[data-once]")) delete form.dataset.sent;
    for (const busy of document.querySelectorAll("[aria-busy]")) busy.removeAttribute("aria-busy");
  });

  // Menus close on Escape and on a click beside them.
  const menus = document.querySelectorAll("details.menu");
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of menus) {
      if (menu.open) { menu.open = false; menu.querySelector("summary").focus(); }
    }
  });
  document.addEventListener("click", (event) => {
    for (const menu of menus) if (!menu.contains(event.target)) menu.open = false;
  });

  // The editor: unsaved changes, variables, preview.
  const editor = document.querySelector("[data-unsaved]");
  if (!editor) return;
  const note = editor.querySelector("[data-unsaved-note]");
  let changed = false;
  editor.addEventListener("input", (event) => {
    changed = true;
    note.textContent = "Not saved yet";
    const shown = event.target.dataset.preview;
    if (!shown) return;
    const preview = editor.querySelector(`[data-preview-of="${shown}"]`);
    preview.textContent = event.target.value || (shown === "price" ? "0.00" : "New package");
  });
  editor.addEventListener("submit", () => { changed = false; });
  window.addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });

  let template = null;
  editor.addEventListener("focusin", (event) => {
    if (event.target.matches("[data-template]")) template = event.target;
  });
  editor.addEventListener("click", (event) => {
    const chip = event.target.closest("[data-insert]");
    if (!chip) return;
    const field = template ?? editor.querySelector("[data-template]");
    if (!field) return;
    field.focus();
    field.setRangeText(chip.dataset.insert, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
})();
