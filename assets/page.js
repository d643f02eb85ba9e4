/* What the page does in the browser: signing in, uploads, recording, dialogs and editing. Everything else is the
   server's; the player has scripts of its own. */
window.vnclone = (() => {
  "use strict";
  const COOKIE = location.protocol === "https:" ? "SameSite=None; Secure; Partitioned" : "SameSite=Lax";
  const keep = (name, value) => { document.cookie = `${name}=${value}; Path=/; Max-Age=31536000; ${COOKIE}`; };
  const kept = (name) => (document.cookie.match(new RegExp(`(?:^|; )${name}=([^;]*)`)) || [])[1] || "";
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  let shownForm = ""; // which of the guest's forms is in front
  let wasFollowed = false; // what was clicked last leads to a recording
  let going = "", focusIn = ""; // the tab to open, and the component whose heading gets the focus, once the server has answered
  const startedHere = new Set(); // ids of generations asked for in this page: they alone start to sound by themselves
  const editing = new Map(); // paragraphs being corrected: what was typed outlives a new value of the component
  const typed = new Map(); // what was typed into the small forms of a list, by the field's id: it outlives a new value too
  let standing = "", returning = null; // the id of the field with the focus; what was clicked last in an opened document
  const opened = new Set(); // ids of <details> that a person opened: a new value of the component must not fold them

  // ---- each HTML component: its buttons and forms become events of the server's
  function mount(element, trigger, watch) {
    element.addEventListener("click", (event) => clicked(event, trigger));
    element.addEventListener("change", (event) => changed(event, trigger));
    element.addEventListener("submit", (event) => submitted(event, trigger));
    element.addEventListener("toggle", (event) => {
      if (event.target.id) opened[event.target.open ? "add" : "delete"](event.target.id);
    }, true);
    element.addEventListener("input", ({ target }) => { if (target.closest("[data-ask]")) typed.set(target.id, target.value); });
    element.addEventListener("focusin", ({ target }) => { standing = target.closest("[data-ask]") ? target.id : ""; });
    element.addEventListener("error", ({ target }) => pictureFailed(target), true);
    for (const name of ["dragenter", "dragover", "dragleave", "drop"]) element.addEventListener(name, dragged);
    watch("value", () => refreshed(element, trigger));
    refreshed(element, trigger);
  }

  function refreshed(element, trigger) {
    for (const details of element.querySelectorAll("details[id]")) if (opened.has(details.id)) details.open = true;
    const header = element.querySelector("[data-language]");
    if (header) document.documentElement.lang = header.dataset.language;
    for (const form of element.querySelectorAll("form[data-auth]")) if (shownForm) form.hidden = form.id !== shownForm;
    for (const form of element.querySelectorAll("form[data-form]")) answered(form);
    if (element.closest("#generate-player")) showRecording(element.querySelector("[data-player]"));
    for (const time of element.querySelectorAll("time[datetime]")) showTime(time);
    for (const select of element.querySelectorAll("select[data-chosen]")) select.value = select.dataset.chosen;
    for (const { dataset } of element.querySelectorAll("[data-started]")) started(dataset.started);
    for (const field of element.querySelectorAll("[data-ask] [id]")) retyped(field);
    if (element.querySelector(".v-reading")) reopen(element, trigger);
    if (element.querySelector(".v-reading")) comeBack(element);
    const page = element.querySelector("[data-scroll]");
    if (page && page.dataset.scroll !== element.scrolledTo) page.scrollIntoView({ block: "start", behavior: "smooth" });
    element.scrolledTo = page ? page.dataset.scroll : "";
    if (focusIn && element.closest(`#${focusIn}`)) focusHeading(element);
  }

  function retyped(field) { // as it was before the server wrote it anew
    if (typed.has(field.id)) field.value = typed.get(field.id);
    if (field.id === standing && document.activeElement === document.body) field.focus({ preventScroll: true });
  }

  function comeBack(element) { // the keyboard goes on where it was
    const { action, chapter, paragraph, page } = returning || {};
    returning = null;
    if (!action || document.activeElement !== document.body) return;
    const all = [...element.querySelectorAll("[data-action], [data-edit]")];
    const like = (data) => data.chapter === chapter && data.paragraph === paragraph;
    const same = all.find(({ dataset }) => dataset.action === action && like(dataset) && dataset.page === page);
    const moved = String(Number(chapter) + ({ split: 1, merge: -1 }[action] || 0));
    const around = (data) => (moved === chapter ? like(data) : data.chapter === moved);
    const near = chapter === undefined ? null : all.find(({ dataset }) => around(dataset)) || all.find(({ dataset }) => dataset.chapter === moved);
    const place = same || near || (action === "look" && element.querySelector(".v-scans summary"));
    if (place) place.focus({ preventScroll: true });
  }

  function pictureFailed(image) {
    if (!image.dataset?.failed) return;
    image.closest("a").replaceWith(make("p", { className: "v-hint" }, image.dataset.failed));
  }

  // what is unfolded in an opened document goes along with whatever is clicked in it
  function dataOf(element) {
    const { id, opened: chapter, limit, chapters, page } = element.closest(".v-reading")?.dataset || {};
    const view = id ? { id, opened: chapter, limit, chapters, page } : {};
    if (id) returning = { ...element.dataset };
    return { ...view, ...element.dataset };
  }

  function focusHeading(element) { // where the keyboard goes on after what it stood on is gone
    const heading = element?.querySelector("h2");
    focusIn = "";
    if (!heading) return;
    heading.tabIndex = -1;
    heading.focus({ preventScroll: element.querySelector("[data-scroll]") !== null });
  }

  function showRecording(marker) { // in the player, whose own parts no new value of a component touches
    const id = marker?.dataset.player;
    window.vnclonePlayer.show(marker, startedHere.has(id) || document.querySelector(`[data-started="${id}"]`));
  }

  function started(id) {
    if (startedHere.has(id)) return;
    startedHere.add(id);
    document.dispatchEvent(new Event("vnclone:started"));
  }

  function showTime(time) { // the server writes Vietnam's time; elsewhere it is told in the browser's own
    const moment = new Date(time.dateTime), english = document.documentElement.lang === "en";
    if (moment.getTimezoneOffset() === -420 || Number.isNaN(moment.getTime())) return;
    const form = { day: english ? "numeric" : "2-digit", month: english ? "short" : "2-digit", year: "numeric", hour: "2-digit", minute: "2-digit" };
    const told = new Intl.DateTimeFormat("en-GB", form).format(moment);
    time.textContent = english ? told : told.replace(", ", " ");
  }

  async function clicked(event, trigger) {
    const button = event.target.closest("button");
    if (!button || button.type === "submit") return;
    const data = dataOf(button);
    if ("signOut" in data) return signOut();
    if ("themeSwitch" in data) return switchTheme();
    if ("showForm" in data) return showForm(button);
    if ("record" in data) return record(button.closest("form"));
    if ("edit" in data) return edit(button, trigger);
    if (data.setLanguage) {
      const { id, opened: chapter, limit, chapters, page } = document.querySelector(".v-reading")?.dataset || {};
      if (id) Object.assign(data, { document: id, opened: chapter, limit, chapters, page });
      keep("lang", data.setLanguage);
    }
    if (data.confirm || data.prompt) {
      const answer = await ask(data);
      if (!answer) return;
      Object.assign(data, answer);
    }
    const list = button.closest("#voice-list, #document-list, #history-list, #lexicon-list");
    if (["delete", "edit"].includes(data.action) && list) focusIn = list.id;
    if (data.action === "close") focusIn = "document-list";
    if (data.action === "open" && list) focusIn = "document-open";
    if (data.action === "use" && data.goto === "generate") document.dispatchEvent(new Event("vnclone:document"));
    wasFollowed = data.action === "follow";
    if (data.goto && data.action) going = data.goto; // `arrive` opens it, when what was chosen is there
    if (data.action) trigger("click", data);
    else if (data.goto) goTo(data.goto);
  }

  function goTo(name) {
    const tab = document.getElementById(`${name}-button`);
    tab?.click();
    tab?.focus();
  }

  function arrive() {
    const name = going;
    going = "";
    if (name) goTo(name);
    if (name === "generate" && wasFollowed) showSound();
    wasFollowed = false;
  }

  function showSound() { // on a phone the player is below the form
    const look = (tries) => {
      const box = document.querySelector("#generate-controls .v-listen:not([hidden]), #generate-progress .v-progress");
      if (box?.offsetParent) box.scrollIntoView({ block: "start", behavior: "auto" });
      else if (tries) setTimeout(look, 200, tries - 1);
    };
    setTimeout(look, 100, 15);
  }

  function changed(event, trigger) {
    const input = event.target;
    if (input.matches("input[type=checkbox][data-action]")) trigger("click", { ...dataOf(input), checked: input.checked });
    if (input.matches("select[data-action]")) trigger("click", { ...dataOf(input), value: input.value });
    if (input.matches("[data-show-password]")) {
      input.closest(".v-field").querySelector("input[name=password]").type = input.checked ? "text" : "password";
    }
    if (input.matches(".v-file") && input.files.length) choose(input.form, [...input.files]);
  }

  function submitted(event, trigger) {
    event.preventDefault();
    const form = event.target;
    if (form.matches("[data-auth]")) authenticate(form);
    if (form.matches("[data-form]")) send(form, trigger);
    if (form.matches("[data-ask]")) answer(form, trigger);
  }

  function answer(form, trigger) { // a small form of a card: its fields go along with what it is about
    const fields = [...form.elements].filter((field) => field.name);
    trigger("click", { ...dataOf(form), ...Object.fromEntries(fields.map((field) => [field.name, field.value])) });
    for (const field of fields) typed.delete(field.id);
    if (!("clears" in form.dataset)) return;
    form.reset(); // what was wrong comes back with the server's answer
    fields[0].focus();
  }

  // ---- account: a password goes to our own address and nowhere else
  async function authenticate(form) {
    const button = form.querySelector("[type=submit]"), label = button.textContent;
    complain(form, "");
    if (!checked(form)) return;
    button.disabled = true;
    button.textContent = button.dataset.busy;
    try {
      const body = JSON.stringify(Object.fromEntries(new FormData(form)));
      const answer = await fetch(form.dataset.auth, { method: "POST", headers: { "content-type": "application/json" }, body });
      if (answer.ok) return location.reload();
      complain(form, (await answer.json()).detail);
    } catch {
      complain(form, document.querySelector("[data-offline]").dataset.offline);
    }
    button.disabled = false;
    button.textContent = label;
  }

  function checked(form) { // each field says for itself what is missing; true when nothing is
    const fields = [...form.elements].filter((field) => field.dataset.missing);
    for (const field of fields) {
      const { valid, valueMissing } = field.validity, line = document.getElementById(`${field.id}-wrong`);
      field[valid ? "removeAttribute" : "setAttribute"]("aria-invalid", "true");
      line.hidden = valid;
      line.textContent = valid ? "" : valueMissing ? field.dataset.missing : field.dataset.invalid;
    }
    const wrong = fields.find((field) => !field.validity.valid);
    wrong?.focus();
    return !wrong;
  }

  async function signOut() {
    await fetch("/api/auth/logout", { method: "POST" }).catch(() => undefined);
    document.dispatchEvent(new Event("vnclone:signed-out"));
    location.replace(location.pathname + location.search);
  }

  function showForm(button) {
    const now = button.closest("form"), next = document.getElementById(`${button.dataset.showForm}-form`);
    next.elements.email.value ||= now.elements.email.value;
    now.hidden = true;
    next.hidden = false;
    shownForm = next.id;
    next.querySelector("input").focus();
  }

  function complain(form, text) {
    const line = form.querySelector("[data-error]");
    line.hidden = !text;
    line.textContent = text || "";
    if (text) line.scrollIntoView({ block: "nearest" });
  }

  // ---- light and dark
  function switchTheme() {
    const dark = document.body.classList.toggle("dark");
    keep("theme", dark ? "dark" : "light");
  }

  function rememberedTheme() {
    if (!new URLSearchParams(location.search).has("__theme") && kept("theme")) {
      document.body.classList.toggle("dark", kept("theme") === "dark");
    }
  }

  // ---- uploads: the original bytes, with a progress that is true
  function choose(form, files) {
    const file = files[0], name = form.elements.name;
    form.chosen = form.querySelector(".v-file").multiple ? files : files.slice(0, 1);
    complain(form, "");
    showChosen(form);
    if (name && (!name.value || name.value === form.named) && !file.recorded) {
      form.named = name.value = file.name.replace(/\.[^.]+$/, "").slice(0, 80);
    }
  }

  function fileSize(bytes) {
    const [value, unit, digits] = bytes < 2 ** 20 ? [Math.max(1, bytes / 1024), "KB", 0] : [bytes / 2 ** 20, "MB", 1];
    return `${new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: digits }).format(value)} ${unit}`;
  }

  function showChosen(form) {
    const line = form.querySelector("[data-chosen]"), files = form.chosen || [];
    line.hidden = !files.length;
    line.replaceChildren(...files.map((file) => make("span", {}, file.label || `${file.name} · ${fileSize(file.size)}`)));
    for (const { recorded } of files) if (recorded) line.append(make("audio", { controls: true, src: recorded }));
  }

  function dragged(event) {
    const zone = event.target.closest?.("[data-drop]");
    if (!zone) return;
    event.preventDefault();
    zone.classList.toggle("v-over", event.type === "dragenter" || event.type === "dragover");
    if (event.type === "drop" && event.dataTransfer.files.length) choose(zone.closest("form"), [...event.dataTransfer.files]);
  }

  async function send(form, trigger) {
    const { missing, tooLarge, failed, maxBytes } = form.dataset;
    const files = form.chosen || [], large = files.find((file) => file.size > Number(maxBytes));
    if (!files.length) return complain(form, missing);
    if (large) return complain(form, files.length > 1 ? `${large.name}: ${tooLarge}` : tooLarge);
    const consent = form.elements.consent;
    if (consent && !consent.checked) {
      consent.focus();
      return complain(form, form.dataset.consent);
    }
    complain(form, "");
    sending(form, true);
    const data = {};
    for (const field of form.elements) if (field.name && field.type !== "file") data[field.name] = field.type === "checkbox" ? field.checked : field.value;
    try {
      data.files = await uploadAll(files, (percent) => showPercent(form, percent));
      Object.assign(data, data.files[0]);
      form.waits = form.dataset.answer;
      trigger("submit", data);
      setTimeout(() => { if (form.waits === form.dataset.answer) sending(form, false); }, 15000);
    } catch (error) {
      sending(form, false);
      complain(form, error.message === "401" ? form.dataset.expired : failed);
      if (error.message === "401") offerSignIn(form);
    }
  }

  function offerSignIn(form) { // opening the page anew leads there
    const link = Object.assign(document.createElement("a"), { href: location.pathname, textContent: form.dataset.signIn });
    form.querySelector("[data-error]").append(" ", link);
  }

  async function uploadAll(files, progress) { // one after another, under one progress
    const all = files.reduce((sum, file) => sum + file.size, 0), sent = [];
    let before = 0;
    for (const file of files) {
      const path = await upload(file, (bytes) => progress(Math.floor((100 * Math.min(before + bytes, all)) / (all || 1))));
      sent.push({ path, filename: file.name });
      before += file.size;
    }
    return sent;
  }

  function upload(file, progress) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest(), body = new FormData();
      body.append("files", file, file.name);
      request.open("POST", "gradio_api/upload");
      request.upload.onprogress = (event) => { progress(event.loaded); };
      request.onload = () => (request.status === 200 ? resolve(JSON.parse(request.responseText)[0]) : reject(new Error(String(request.status))));
      request.onerror = () => reject(new Error("network"));
      request.send(body);
    });
  }

  function showPercent(form, percent) {
    form.querySelector("[data-status]").textContent = fill(form.dataset.uploading, { percent });
    form.querySelector("progress").value = percent;
  }

  function sending(form, yes) {
    form.querySelector("[data-sending]").hidden = !yes;
    form.querySelector("[type=submit]").disabled = yes;
    if (yes) showPercent(form, 0);
  }

  function answered(form) { // the server has written the form anew: what was typed stays, unless it is done
    if (form.dataset.done && form.dataset.done !== form.lastDone) {
      form.reset();
      form.chosen = null;
      focusHeading(document.getElementById(`${form.id}-list`));
    }
    form.lastDone = form.dataset.done;
    showChosen(form);
    form.querySelector("progress").removeAttribute("value");
    if (!form.querySelector("[data-error]").hidden) form.querySelector("[data-error]").scrollIntoView({ block: "nearest" });
  }

  // ---- the microphone
  async function record(form) {
    if (form.recorder) return form.recorder.stop();
    const box = form.querySelector("[data-recorder]"), says = box.dataset;
    let stream;
    try {
      const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
      stream = await navigator.mediaDevices.getUserMedia({ audio: plain });
    } catch {
      return complain(form, says.denied);
    }
    const recorder = new MediaRecorder(stream), pieces = [], started = Date.now();
    const seconds = () => Math.round((Date.now() - started) / 1000);
    const label = () => { box.querySelector("[data-record-label]").textContent = form.recorder ? fill(says.running, { seconds: seconds() }) : says.start; };
    const clock = setInterval(label, 500);
    recorder.ondataavailable = (event) => pieces.push(event.data);
    recorder.onstop = () => {
      clearInterval(clock);
      for (const track of stream.getTracks()) track.stop();
      form.recorder = null;
      box.classList.remove("v-recording");
      label();
      const kind = recorder.mimeType.includes("mp4") ? "m4a" : recorder.mimeType.includes("ogg") ? "ogg" : "webm";
      const file = new File(pieces, `recording.${kind}`, { type: recorder.mimeType });
      file.recorded = URL.createObjectURL(file);
      file.label = fill(says.recorded, { seconds: seconds() });
      choose(form, [file]);
    };
    form.recorder = recorder;
    box.classList.add("v-recording");
    label();
    recorder.start();
  }

  // ---- a question before something is deleted or renamed
  function ask({ confirm, prompt, value, longest, check, accept, decline, tone }) {
    const dialog = document.createElement("dialog"), form = document.createElement("form");
    dialog.className = "v-dialog";
    form.method = "dialog";
    const input = prompt ? make("input", { type: "text", name: "text", value: value || "", maxLength: longest || 200, id: "dialog-text" }) : null;
    form.append(make(prompt ? "label" : "p", prompt ? { htmlFor: "dialog-text" } : { id: "dialog-question" }, confirm || prompt));
    if (input) form.append(input);
    const box = check ? make("input", { type: "checkbox" }) : null;
    if (box) form.append(make("label", { className: "v-check" }, box, make("span", {}, check)));
    const no = make("button", { type: "button", className: "v-button v-quiet", onclick: () => dialog.close("") }, decline);
    const yes = make("button", { type: "submit", value: "yes", className: `v-button ${prompt || tone ? "v-primary" : "v-danger v-solid"}` }, accept);
    form.append(make("div", { className: "v-actions" }, no, yes));
    dialog.append(form);
    dialog.setAttribute("aria-labelledby", prompt ? "dialog-text" : "dialog-question");
    (document.querySelector(".gradio-container") || document.body).append(dialog);
    return new Promise((resolve) => {
      dialog.onclose = () => {
        dialog.remove();
        resolve(dialog.returnValue === "yes" ? { text: input ? input.value : "", option: box ? box.checked : false } : null);
      };
      dialog.showModal();
      (input || no).focus();
      input?.select();
    });
  }

  // ---- correcting a paragraph
  const keyOf = (button) => `${button.closest(".v-reading").dataset.id}/${button.dataset.chapter}/${button.dataset.mark}`;
  const make = (tag, props, ...inside) => { const made = Object.assign(document.createElement(tag), props); made.append(...inside); return made; };

  function edit(button, trigger, focus = true) {
    const place = button.closest(".v-paragraph"), text = place.querySelector("p"), data = { ...button.dataset };
    const says = JSON.parse(button.closest(".v-reading").dataset.words);
    const key = keyOf(button), entry = editing.get(key) || { text: text.textContent, before: text.textContent, chapter: data.chapter, paragraph: data.paragraph };
    editing.set(key, entry);
    const box = make("textarea", { value: entry.text, rows: 4, oninput: () => { entry.text = box.value; } });
    box.setAttribute("aria-label", `${fill(says.edit_label, { number: Number(data.paragraph) + 1 })}. ${says.edit_hint}`);
    const hidden = [...place.children];
    const close = () => {
      editing.delete(key);
      editor.remove();
      for (const part of hidden) part.hidden = false;
      place.classList.remove("v-editing");
      button.focus();
    };
    const act = (action, more) => {
      entry.saving = true; // it stays open until the server's answer, so that nothing typed can be lost
      trigger("click", { ...dataOf(button), ...more, action, text: box.value });
      returning = { ...data, action };
    };
    const save = () => (box.value.trim() === text.textContent.trim() ? close() : act("edit"));
    box.onkeydown = (event) => {
      if (event.key === "Escape") close();
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) save();
    };
    const choice = (label, kind, onclick) => make("button", { type: "button", className: `v-button ${kind}`, textContent: label, onclick });
    const heading = data.kindOf === "heading", kind = heading ? "body" : "heading";
    const row = make("div", { className: "v-actions" }, choice(says.save, "v-primary", save), choice(says.cancel, "v-quiet", close));
    if (data.paragraph !== "0") row.append(choice(says.edit_split, "v-link", () => act("split")));
    if (heading || data.kindOf === "body") row.append(choice(says[`edit_${kind}`], "v-link", () => act("kind", { value: kind })));
    const now = entry.before === text.textContent ? [] : [fill(says.edit_elsewhere, { text: text.textContent })]; // what another tab made of it
    const hints = [says.edit_hint, ...now, ...("original" in data ? [fill(says.edit_original, { text: data.original })] : [])];
    const editor = make("div", { className: "v-editor" }, box, ...hints.map((textContent) => make("p", { className: "v-hint", textContent })), row);
    for (const part of hidden) part.hidden = true;
    place.classList.add("v-editing");
    place.append(editor);
    box.style.height = `${Math.min(400, box.scrollHeight + 4)}px`;
    if (focus) box.focus();
  }

  function reopen(element, trigger) { // the server has written the paragraphs anew: what is being corrected is open again
    const buttons = [...element.querySelectorAll("[data-edit]")], failed = element.querySelector("[data-failed-change]");
    for (const [key, entry] of [...editing]) {
      const same = buttons.filter((button) => keyOf(button) === key);
      const there = ({ dataset }) => dataset.chapter === entry.chapter && dataset.paragraph === entry.paragraph;
      const button = same.find(there) || same[0];
      if (entry.saving) {
        const place = buttons.find(there);
        editing.delete(key);
        if (failed && place) editing.set(keyOf(place), { ...entry, saving: false }); // to be looked at, and saved once more
        if (failed && place) edit(place, trigger);
        else if (place && returning?.action !== "split") place.focus({ preventScroll: true });
      } else if (button && !button.hidden) {
        edit(button, trigger, false);
      }
    }
  }

  document.addEventListener("keydown", (event) => { // a list that is open is closed when the keyboard goes on
    if (event.key !== "Tab" || !event.target.matches?.("input[role=combobox][aria-expanded=true]")) return;
    event.stopPropagation(); // Gradio would open it again; the browser moves the focus all the same
    event.target.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
  }, true);

  new MutationObserver((_, observer) => {
    if (document.querySelector(".gradio-container")) { rememberedTheme(); observer.disconnect(); }
  }).observe(document.documentElement, { childList: true, subtree: true });

  return { mount, arrive };
})();
