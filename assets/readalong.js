/* The text of a recording beside its sound: what is heard is marked, a click goes there, and a paragraph can be read
   again. Only what is near is in the page: a book has thousands of sentences. */
window.vncloneReadAlong = (() => {
  "use strict";
  const { make, fill, link, heard, numberAt } = window.vnclonePlayer, player = window.vnclonePlayer;
  const BLOCK = 40, WORDS_MOST = 1500, WORDS_EVERY = 8000, PATIENCE = 20000;
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const panels = new Map(); // "id/chapter/paragraph" -> what is open there: typed text outlives what is drawn anew
  const asked = new Map(); // number of a question to the server -> what to do with its answer
  let trigger = null, ui = null, watcher = null;
  let shown = null, edition = -1; // which text is drawn
  let paragraphs = [], blocks = []; // [{chapter, paragraph, first, count}], [{place, first, count}] of paragraphs
  let active = -1, focused = 0, follow = true, scrolledAt = 0, nonce = 0;
  let words = [], wordsKey = "", wordsAt = 0, frame = 0;

  const says = (name, values = {}) => fill(heard().now.words[name], values);
  const keyOf = (paragraph) => `${heard().now.id}/${paragraph.chapter}/${paragraph.paragraph}`;
  const done = () => heard().now?.status === "completed";

  function mount(element, send) {
    trigger = send;
    ui = { script: make("div", { className: "v-script", tabIndex: -1 }), title: make("h4", {}), follow: make("input", { type: "checkbox", checked: true }), label: make("span", {}) };
    ui.follow.onchange = () => { follow = ui.follow.checked; if (follow) keepInView(true); };
    ui.script.setAttribute("role", "region");
    const head = make("div", { className: "v-script-head" }, ui.title, make("label", { className: "v-check v-small" }, ui.follow, ui.label));
    ui.box = make("div", { className: "v-readalong", hidden: true }, head, ui.script);
    for (const name of ["wheel", "touchmove", "pointerdown"]) ui.script.addEventListener(name, scrolled, { passive: true });
    ui.script.addEventListener("click", clicked);
    ui.script.addEventListener("keydown", pressed);
    element.querySelector("[data-script]").replaceChildren(ui.box);
    watcher = new IntersectionObserver((seen) => { for (const entry of seen) (entry.isIntersecting ? draw : fold)(blockOf(entry.target)); }, { root: ui.script, rootMargin: "900px 0px" });
    player.on(told);
    if (heard().now) told("shown");
  }

  function told(kind, detail) {
    if (kind === "hidden") return clear();
    if (kind === "shown") label();
    if (kind === "shown" || kind === "read") renew(kind === "read" ? detail : null);
    if (kind === "time") mark(detail);
    if (kind === "state") tick();
  }

  function clear() {
    watcher.disconnect();
    ui.box.hidden = true;
    ui.script.replaceChildren();
    shown = null;
    edition = active = -1;
    paragraphs = blocks = words = [];
    wordsKey = "";
    wordMark(null);
  }

  function label() {
    ui.title.textContent = says("script_title");
    ui.label.textContent = says("script_follow");
    ui.script.setAttribute("aria-label", says("script_title"));
    ui.box.classList.toggle("v-done", done());
    const language = document.documentElement.lang;
    if (ui.language && ui.language !== language) edition = -1;
    ui.language = language;
    settle();
  }

  // ---- the text, in blocks that are drawn when they come near
  function renew(read) {
    const { now, text } = heard();
    if (!text || !text.chunks.length) return;
    if (shown !== now.id || edition !== text.edition || (read && !read.since)) lay(now, text);
    else if (read) for (let number = read.since; number < read.until; number++) refresh(number);
    fetchWords();
    mark(heard().position);
  }

  function lay(now, text) {
    const again = shown === now.id, top = again ? ui.script.scrollTop : 0, heights = again ? blocks.map(({ place }) => place.offsetHeight) : [];
    const back = ui.script.contains(document.activeElement) ? document.activeElement.closest(".v-said")?.dataset.key : "";
    watcher.disconnect();
    shown = now.id;
    edition = text.edition;
    active = -1;
    focused = Math.min(focused, text.chunks.length - 1);
    wordsKey = "";
    paragraphs = grouped(text);
    blocks = [];
    for (let first = 0, size = 0, i = 0; i < paragraphs.length; i++) {
      size += paragraphs[i].count;
      if (size < BLOCK && i < paragraphs.length - 1) continue;
      blocks.push({ place: make("div", { className: "v-block" }), first, count: i + 1 - first });
      [first, size] = [i + 1, 0];
    }
    const across = Math.max(20, (ui.script.clientWidth || 360) / 8.2);
    blocks.forEach((block, index) => {
      block.place.dataset.block = index;
      const some = paragraphs.slice(block.first, block.first + block.count);
      const lines = some.reduce((sum, one) => sum + Math.ceil(one.length / across), 0);
      block.place.style.minHeight = `${heights.length === blocks.length ? heights[index] : lines * 29 + some.length * 14}px`;
    });
    ui.script.replaceChildren(...blocks.map((block) => block.place));
    ui.box.hidden = false;
    ui.script.scrollTop = top;
    for (const block of blocks) watcher.observe(block.place);
    if (back) focusBack(back);
  }

  function focusBack(key) { // to where the keyboard was before the text was laid out anew
    const paragraph = paragraphs.find((one) => keyOf(one) === key);
    if (paragraph) draw(blockAt(paragraph.first));
    saidWith(key)?.querySelector(".v-again, .v-chapter-voice")?.focus({ preventScroll: true });
  }

  function grouped({ chunks, chapters }) { // paragraphs; a chapter whose title is not read has its heading all the same
    const found = [];
    chunks.forEach((chunk, number) => {
      const last = found[found.length - 1];
      if (last && last.chapter === chunk.chapter && last.paragraph === chunk.paragraph) {
        last.count += 1;
        last.length += chunk.text.length + 1;
        return;
      }
      const opens = !last || last.chapter !== chunk.chapter, title = chapters[chunk.chapter] || "";
      const same = plain(title).startsWith(plain(chunk.text)); // the text opens with its own title: shown once
      const heading = opens && chunk.paragraph !== -1 && title ? (same ? " " : title) : "";
      found.push({ chapter: chunk.chapter, paragraph: chunk.paragraph, first: number, count: 1, length: chunk.text.length, heading });
    });
    return found;
  }

  const plain = (text) => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
  const blockOf = (place) => blocks[Number(place.dataset.block)];
  const blockAt = (number) => blocks.find((block) => { const last = paragraphs[block.first + block.count - 1]; return number < last.first + last.count; });

  function draw(block) {
    if (!block || block.drawn) return;
    block.drawn = true;
    const nodes = [];
    for (const paragraph of paragraphs.slice(block.first, block.first + block.count)) {
      if (paragraph.heading) nodes.push(headed(paragraph, make("h5", {}, paragraph.heading)));
      nodes.push(drawn(paragraph));
    }
    block.place.replaceChildren(...nodes);
    block.place.style.minHeight = "";
    settle();
  }

  function fold(block) { // far away: only its height stays
    if (!block?.drawn || block.place.contains(document.activeElement) || block.place.querySelector(".v-panel")) return;
    block.drawn = false;
    block.place.style.minHeight = `${block.place.offsetHeight}px`;
    block.place.replaceChildren();
  }

  function drawn(paragraph) {
    const title = paragraph.paragraph === -1, line = make(title ? "h5" : "p", {}), { chunks } = heard().text;
    for (let number = paragraph.first; number < paragraph.first + paragraph.count; number++) {
      line.append(sentence(number, chunks[number]), " ");
    }
    if (title) return headed(paragraph, line);
    const again = icon("⟲", says("redo_open"), () => openPanel(paragraph, again));
    const place = make("div", { className: "v-said" }, line, again);
    return placed(place, paragraph);
  }

  function headed(paragraph, line) {
    const whole = { chapter: paragraph.chapter, paragraph: null };
    const change = make("button", { type: "button", className: "v-link v-chapter-voice", onclick: () => openPanel(whole, change) }, says("redo_chapter"));
    return placed(make("div", { className: "v-said v-said-title" }, line, change), whole);
  }

  function placed(place, paragraph) {
    place.dataset.key = keyOf(paragraph);
    if (panels.has(place.dataset.key)) queueMicrotask(() => showPanel(place, panels.get(place.dataset.key)));
    return place;
  }

  const icon = (sign, name, onclick) => {
    const made = make("button", { type: "button", className: "v-again", title: name, onclick }, sign);
    made.setAttribute("aria-label", name);
    return made;
  };

  function sentence(number, chunk) {
    const made = make("span", { className: "v-sentence" }, chunk.text);
    made.dataset.n = number;
    made.setAttribute("role", "button");
    made.tabIndex = number === focused ? 0 : -1;
    return state(made, chunk);
  }

  function state(made, chunk) {
    const there = chunk.end !== undefined, hint = !there ? "script_unready" : !chunk.flaws ? "" : chunk.flaws.includes("gap") ? "script_gap" : "script_flawed";
    made.classList.toggle("v-unready", !there);
    made.classList.toggle("v-flawed", Boolean(there && chunk.flaws));
    made[there ? "removeAttribute" : "setAttribute"]("aria-disabled", "true");
    made.title = hint ? says(hint) : "";
    if (there && chunk.flaws && !made.querySelector(".v-mark")) {
      const sign = make("span", { className: "v-mark" }, "⚠");
      sign.setAttribute("aria-label", says(hint));
      sign.setAttribute("role", "img");
      made.append(sign);
    }
    return made;
  }

  const spanOf = (number) => ui.script.querySelector(`[data-n="${number}"]`);

  function refresh(number) { // it has become ready
    const span = spanOf(number), chunk = heard().text.chunks[number];
    if (span) state(span, chunk);
  }

  // ---- what is heard
  function mark(at) {
    const { text } = heard();
    if (!text || shown !== heard().now.id || edition !== text.edition) return;
    const number = numberAt(at, text.chunks);
    if (number !== active) {
      const before = ui.script.querySelector(".v-heard");
      before?.classList.remove("v-heard");
      before?.removeAttribute("aria-current");
      active = number;
      keepInView();
    } else if (Date.now() - scrolledAt > 900) {
      keepInView(); // what was drawn meanwhile has moved it
    }
    settle();
  }

  function settle() { // what is drawn anew is marked as what was there before
    const span = active >= 0 && spanOf(active);
    if (span && !span.classList.contains("v-heard")) {
      span.classList.add("v-heard");
      span.setAttribute("aria-current", "true");
    }
    markWord();
  }

  function keepInView(now = false) {
    if (!follow || active < 0 || !ui || ui.box.hidden || ui.script.contains(document.activeElement?.closest?.(".v-panel"))) return;
    draw(blockAt(active));
    const span = spanOf(active);
    if (!span) return;
    const box = ui.script.getBoundingClientRect(), place = span.getBoundingClientRect();
    if (!now && place.top > box.top + 4 && (place.bottom < box.bottom - box.height / 5 || place.top < box.top + box.height / 4 + 4)) return;
    const by = place.top - box.top - box.height / 4, far = Math.abs(by) > 2 * box.height;
    if (Math.abs(by) < 2 || (by > 0 && ui.script.scrollTop + ui.script.clientHeight >= ui.script.scrollHeight - 2)) return;
    scrolledAt = Date.now();
    ui.script.scrollTo({ top: ui.script.scrollTop + by, behavior: far || calm.matches ? "auto" : "smooth" });
    if (far) requestAnimationFrame(() => requestAnimationFrame(() => keepInView(true)));
  }

  function scrolled(event) { // by the person: from now on they look where they like
    if (event.type === "pointerdown" && event.target !== ui.script) return; // the scroll bar is the box itself
    follow = ui.follow.checked = false;
  }

  function clicked(event) {
    const span = event.target.closest(".v-sentence");
    if (span && String(getSelection()).length < 2) go(Number(span.dataset.n));
  }

  function go(number) {
    const chunk = heard().text.chunks[number];
    moveFocus(number);
    if (chunk.end === undefined) return;
    player.seek(chunk.start + 0.01);
    player.play();
  }

  function pressed(event) {
    if (["PageUp", "PageDown", "Home", "End"].includes(event.key)) follow = ui.follow.checked = false;
    const span = event.target.closest(".v-sentence");
    if (!span) return;
    const number = Number(span.dataset.n), step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (event.key === "Enter" || event.key === " ") go(number);
    else if (step) moveFocus(number + step);
    else return;
    event.preventDefault();
  }

  function moveFocus(number) { // one of all sentences is reached with Tab, the others from there with the arrows
    const { chunks } = heard().text;
    if (number < 0 || number >= chunks.length) return;
    const before = spanOf(focused);
    if (before) before.tabIndex = -1;
    focused = number;
    draw(blockAt(number));
    const span = spanOf(number);
    span.tabIndex = 0;
    span.focus({ preventScroll: true });
    span.scrollIntoView({ block: "nearest" });
  }

  // ---- single words, where the engine tells them
  async function fetchWords() {
    const { now, text } = heard(), ready = text.chunks.filter((chunk) => chunk.end !== undefined).length;
    const key = `${now.id}/${text.edition}/${ready}`, fresh = !wordsKey.startsWith(`${now.id}/${text.edition}/`);
    if (!window.Highlight || key === wordsKey || text.chunks.length > WORDS_MOST || !ready) return;
    if (!fresh && Date.now() - wordsAt < WORDS_EVERY && ready < text.chunks.length) return;
    if (!fresh && !words.length) return; // this engine tells none
    [wordsKey, wordsAt] = [key, Date.now()];
    const answer = await fetch(link("words")).catch(() => null);
    if (answer?.ok && wordsKey === key) words = await answer.json();
    tick();
  }

  function tick() { // finer than the sound's own events, and only while it is heard and seen
    cancelAnimationFrame(frame);
    if (!words.length || !heard().playing || document.hidden) return markWord();
    markWord();
    frame = requestAnimationFrame(tick);
  }

  function markWord() {
    const chunk = heard().text?.chunks[active], span = words.length && chunk && chunk.start !== undefined && spanOf(active);
    if (!span) return wordMark(null);
    const at = heard().position, inside = words.filter((word) => word.start >= chunk.start - 0.001 && word.start < chunk.end);
    let from = 0;
    for (const word of inside) {
      const start = chunk.text.indexOf(word.text, from);
      if (start < 0) continue;
      from = start + word.text.length;
      if (at >= word.start && at < word.end) return wordMark(span.firstChild, start, from);
    }
    wordMark(null);
  }

  let marked = "";
  function wordMark(node, start = 0, end = 0) {
    const key = node ? `${active}/${start}/${end}` : "";
    if (!window.Highlight || key === marked) return;
    marked = key;
    if (!node) return CSS.highlights.delete("v-word");
    const range = new Range();
    range.setStart(node, start);
    range.setEnd(node, end);
    CSS.highlights.set("v-word", new Highlight(range));
  }

  // ---- reading a paragraph again
  function ask(what, then) { // a question to the server; its answer comes in the component of answers
    const number = String((nonce += 1));
    asked.set(number, then);
    trigger(what.action === "part" ? "click" : "submit", { ...what, nonce: number });
    setTimeout(() => { if (asked.delete(number)) then({ error: says("redo_no_answer") }); }, PATIENCE);
  }

  function answers(element, watch) {
    watch("value", () => {
      const told = element.querySelector("[data-answer]")?.dataset.answer;
      const { nonce: number, ...answer } = told ? JSON.parse(told) : {};
      const then = asked.get(number);
      if (asked.delete(number)) then(answer);
    });
  }

  function openPanel(paragraph, button) {
    const key = keyOf(paragraph), { now } = heard();
    if (panels.has(key)) return closePanel(key);
    const panel = { key, id: now.id, chapter: paragraph.chapter, paragraph: paragraph.paragraph, button, busy: "redo_loading", error: "", part: null, typed: {} };
    panels.set(key, panel);
    fetchPart(panel);
  }

  function fetchPart(panel) {
    redraw(panel);
    ask({ action: "part", ...where(panel) }, (answer) => {
      panel.busy = "";
      panel.error = answer.error || "";
      if (!answer.error) panel.part = answer;
      redraw(panel);
      placeOf(panel)?.querySelector(".v-panel select, .v-panel button")?.focus({ preventScroll: true });
    });
  }

  const where = ({ id, chapter, paragraph }) => ({ id, chapter, paragraph: paragraph === null ? "" : paragraph });
  const saidWith = (key) => [...ui.script.querySelectorAll(".v-said")].find((place) => place.dataset.key === key);
  const placeOf = (panel) => saidWith(panel.key);

  function redraw(panel) {
    const place = placeOf(panel);
    if (place) showPanel(place, panel);
  }

  function closePanel(key) {
    const panel = panels.get(key), place = panel && placeOf(panel);
    panels.delete(key);
    place?.querySelector(".v-panel")?.remove();
    place?.querySelector(".v-again, .v-chapter-voice")?.focus({ preventScroll: true });
  }

  function showPanel(place, panel) {
    place.querySelector(".v-panel")?.remove();
    const box = make("div", { className: "v-panel" });
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", says(panel.paragraph === null ? "redo_chapter" : "redo_open"));
    box.onkeydown = (event) => { if (event.key === "Escape") closePanel(panel.key); };
    if (panel.part) box.append(...form(panel));
    const line = make("p", { className: panel.error ? "v-error" : "v-hint" }, panel.error || (panel.busy ? says(panel.busy) : ""));
    line.setAttribute("role", panel.error ? "alert" : "status");
    box.append(line);
    if (!panel.part) box.append(make("div", { className: "v-actions" }, press("redo_close", "v-quiet", () => closePanel(panel.key))));
    place.append(box);
  }

  const press = (name, kind, onclick) => make("button", { type: "button", className: `v-button ${kind}`, onclick }, says(name));

  function form(panel) {
    const { part, typed } = panel, whole = panel.paragraph === null;
    const voice = make("select", { onchange: () => { typed.voice = voice.value; name(); } }, ...part.voices.map(([id, title]) => make("option", { value: id }, title)));
    voice.value = typed.voice ?? part.voice;
    const go = make("button", { type: "button", className: "v-button v-primary", disabled: Boolean(panel.busy), onclick: () => redo(panel) });
    const parts = [field("redo_voice", voice)];
    const boxes = {};
    if (!whole) {
      for (const kind of ["text", "spoken"]) {
        const box = make("textarea", { rows: 3, value: typed[kind] ?? part[kind], oninput: () => { typed[kind] = box.value; name(); } });
        boxes[kind] = box;
        const more = make("details", { className: "v-more", open: typed[`${kind}Open`] ?? changed(panel, kind), ontoggle: () => { typed[`${kind}Open`] = more.open; } }, make("summary", {}, says(`redo_${kind}`)), field(`redo_${kind}`, box, `redo_${kind}_hint`));
        parts.push(more);
      }
    }
    const name = () => {
      const different = changed(panel, "text") || changed(panel, "spoken") || changed(panel, "voice");
      go.textContent = says(whole ? "redo_chapter_go" : different ? "redo_changed" : "redo_take");
      if (boxes.spoken) boxes.spoken.disabled = changed(panel, "text"); // new words are said as they are written
      if (whole) go.disabled = Boolean(panel.busy) || !different;
    };
    name();
    const row = make("div", { className: "v-actions" }, go, press("redo_close", "v-quiet", () => closePanel(panel.key)));
    return part.takes > 1 ? [...parts, row, takes(panel)] : [...parts, row];
  }

  const changed = ({ typed, part }, kind) => typed[kind] !== undefined && typed[kind] !== part[kind];

  function field(name, control, hint = "") {
    control.setAttribute("aria-label", says(name));
    const label = control.matches("select") ? [make("span", {}, says(name))] : [];
    return make("label", { className: "v-field" }, ...label, control, ...(hint ? [make("span", { className: "v-hint" }, says(hint))] : []));
  }

  function takes(panel) { // each as it sounds, and the one that is used
    const list = make("ul", { className: "v-takes" });
    for (let take = 0; take < panel.part.takes; take++) {
      const used = take === panel.part.take, number = take + 1;
      const sound = link("take", `&chapter=${panel.chapter}&paragraph=${panel.paragraph}&take=${take}`);
      const listen = make("button", { type: "button", className: "v-button v-quiet", onclick: () => sample(sound, list) }, `▶ ${says("redo_listen", { number })}`);
      const choose = used ? make("span", { className: "v-badge v-good" }, says("redo_chosen")) : press("redo_choose", "v-quiet", () => send(panel, { action: "choose", take }));
      list.append(make("li", {}, listen, make("span", { className: "v-hint" }, panel.part.told[take]), choose));
    }
    return make("div", {}, make("h5", {}, says("redo_takes")), list);
  }

  function sample(src, list) { // one take at a time; a second click stops it
    const before = list.querySelector("audio"), same = before && !before.paused && before.src.endsWith(src);
    before?.pause();
    before?.remove();
    if (same) return;
    const take = make("audio", { src, preload: "auto" });
    list.append(take);
    player.pause();
    take.play().catch(() => undefined);
  }

  function redo(panel) {
    const change = {};
    for (const kind of ["text", "spoken", "voice"]) if (changed(panel, kind)) change[kind] = panel.typed[kind];
    if (change.text !== undefined) delete change.spoken;
    send(panel, { action: "redo", ...change });
  }

  function send(panel, what) {
    Object.assign(panel, { busy: "redo_busy", error: "", sent: heard().now.edition, accepted: false, sentAt: heard().now.seen });
    redraw(panel);
    ask({ ...where(panel), ...what }, (answer) => {
      panel.accepted = !answer.error;
      if (panel.accepted) return finish(); // the next edition comes by itself
      Object.assign(panel, { busy: "", error: answer.error, sent: undefined });
      redraw(panel);
    });
  }

  function finish() { // what was sent is heard now, or could not be read
    const { now } = heard();
    if (now?.status !== "completed") return;
    for (const panel of [...panels.values()]) {
      if (panel.id !== now.id || panel.sent === undefined) continue;
      if (now.edition > panel.sent) closePanel(panel.key);
      else if (panel.accepted && now.seen > panel.sentAt) {
        Object.assign(panel, { busy: "", sent: undefined, error: [says("redo_failed"), now.note].filter(Boolean).join(" ") });
        redraw(panel);
      }
    }
  }
  player.on((kind) => { if (kind === "shown") finish(); });

  document.addEventListener("visibilitychange", tick);
  return { mount, answers };
})();
