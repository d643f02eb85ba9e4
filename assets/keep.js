/* What outlives a reload, a lost connection and a session that ended: the draft, the tab, and what is told meanwhile. */
(() => {
  "use strict";
  const DRAFT = "vnclone.draft", TABS = ["voices", "documents", "generate", "history"];
  const FIELDS = { text: "#generate-text textarea", source: "#generate-source input", speed: "#generate-speed input" };
  const LOST = ["Connection to the server was lost", "Connection errored out"]; // Gradio's own words, English only
  const others = new BroadcastChannel("vnclone"); // the other tabs of this browser
  const address = (hash = "") => location.pathname + location.search + hash;
  const person = () => document.querySelector(".v-person")?.title || "";

  // ---- the language is known before the page is there
  const cookie = (document.cookie.match(/(?:^|; )lang=(vi|en)/) || [])[1];
  const spoken = navigator.languages.map((code) => code.slice(0, 2)).find((code) => code === "vi" || code === "en");
  document.documentElement.lang = cookie || spoken || "vi";

  // ---- the draft of what is to be read, kept for this tab alone
  function read() {
    try {
      return JSON.parse(sessionStorage.getItem(DRAFT)) || {};
    } catch {
      return {}; // storage is denied, as in a frame of another site
    }
  }

  function write(draft) {
    try {
      sessionStorage.setItem(DRAFT, JSON.stringify(draft));
    } catch {
      return; // denied or full: the draft lives in the page alone
    }
  }

  function noted({ target, isTrusted }) {
    const name = Object.keys(FIELDS).find((field) => target.matches?.(FIELDS[field]));
    if (name && isTrusted) touched.add(name);
    if (name) write({ ...read(), who: person(), [name]: target.value });
  }

  const draft = read(); // as it was when the page was opened
  const touched = new Set(); // what a person has changed since is left alone

  function restore() {
    if (!person()) return;
    if (draft.who === person()) for (const name of Object.keys(FIELDS)) put(name);
  }

  function put(name) {
    const value = draft[name], selector = name === "source" ? `${FIELDS.source}[value="${value}"]` : FIELDS[name];
    if (!value || !document.querySelector(selector)) return;
    delete draft[name];
    for (const later of [100, 500, 1200]) setTimeout(() => fill(name, selector, value), later); // Gradio may write it once more
  }

  function fill(name, selector, value) {
    const field = document.querySelector(selector);
    if (!field || touched.has(name)) return;
    if (name === "source") return field.checked || field.click();
    if (field.value === value || (name === "text" && field.value)) return;
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  document.addEventListener("input", noted, true);
  document.addEventListener("change", noted, true);
  document.addEventListener("vnclone:started", () => write({}));
  document.addEventListener("vnclone:document", () => write({ ...read(), source: "document" }));

  // ---- the tab is part of the address, so that Back goes to the former one
  let placed = false;
  const tabOf = () => TABS.find((name) => location.hash === `#tab=${name}`) || TABS[0];
  const show = (name) => document.getElementById(`${name}-button`)?.click();

  function place() {
    if (placed || !document.getElementById(`${tabOf()}-button`)) return;
    placed = true;
    if (tabOf() !== TABS[0]) setTimeout(() => show(tabOf()), 0);
  }

  document.addEventListener("click", ({ target }) => {
    const name = target.closest?.("#tabs [role=tab]")?.id.replace(/-button$/, "");
    if (TABS.includes(name) && name !== tabOf()) history.pushState(null, "", address(`#tab=${name}`));
  }, true);
  addEventListener("popstate", () => show(tabOf()));

  // ---- signing out in one tab is signing out in all
  document.addEventListener("vnclone:signed-out", () => {
    write({});
    others.postMessage("signed-out");
  });
  others.onmessage = ({ data }) => {
    if (data !== "signed-out") return;
    write({});
    location.replace(address());
  };

  // ---- a lost connection is told once, in the reader's language; Gradio connects again and opens the page anew
  function translate() {
    for (const toast of document.querySelectorAll(".toast-body:not([hidden])")) {
      if (!LOST.some((words) => toast.textContent.includes(words))) continue;
      toast.hidden = true;
      tellLost();
    }
  }

  function tellLost() {
    const told = document.querySelector("[data-lost]")?.dataset.lost;
    if (!told || document.querySelector(".v-lost")) return;
    const line = Object.assign(document.createElement("p"), { className: "v-lost", textContent: told });
    line.setAttribute("role", "alert");
    document.querySelector(".gradio-container").append(line);
  }

  new MutationObserver(() => {
    restore();
    place();
    translate();
  }).observe(document.documentElement, { childList: true, subtree: true, characterData: true });
})();
