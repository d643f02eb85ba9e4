/* The player of one recording, also while it is made: one <audio> on the stream, later on the finished file, with
   controls of its own. What is heard when comes from /reading; assets/readalong.js shows it. */
window.vnclonePlayer = (() => {
  "use strict";
  const POLL = 2500, SLOW = 10000, JUMP = 15, ARROW = 5, SPEEDS = [0.75, 1, 1.25, 1.5, 1.75, 2];
  const EDGE = 0.3; // seconds kept from the end of what is ready, so that there is something to hear
  const listeners = []; // told of "shown", "hidden", "read", "time" and "state"
  const rests = new Map(); // id -> seconds: where a recording goes on that is shown again
  let now = null; // what the server says of the recording that is shown: id, src, status, heard, edition, title, words
  let text = null; // what /reading has told of it so far
  let ui = null, audio = null;
  let source = null; // what `audio` is on: { live, base, edition }; null while nothing is loaded
  let rest = 0; // the position while nothing is loaded
  let wanted = false; // the person wants to hear it, whether or not there is sound at this moment
  let lack = ""; // why it is not heard though it is wanted: "waiting", "paused", "broken"
  let over = false; // the server says that it was cancelled or has failed
  let stale = 0; // answers in a row by which the recording is in another state than the page was told
  let tries = 0, timer = 0, asking = false, arriving = null, dragging = false;

  const make = (tag, props, ...inside) => { const made = Object.assign(document.createElement(tag), props); made.append(...inside); return made; };
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const tell = (kind, detail) => { for (const listener of listeners) listener(kind, detail); };
  const running = () => ["pending", "processing"].includes(now.status);
  const link = (what, query = "") => now.src.replace("/audio?", `/${what}?`) + query;

  function clock(seconds) { // 65 -> "1:05"
    const whole = Math.max(0, Math.floor(seconds)), tail = String(whole % 60).padStart(2, "0"), minutes = Math.floor(whole / 60);
    return minutes < 60 ? `${minutes}:${tail}` : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${tail}`;
  }

  function kept(name, value) { // a wish of the person; storage may be denied, as in a frame of another site
    try {
      if (value !== undefined) localStorage.setItem(`vnclone.${name}`, value);
      return localStorage.getItem(`vnclone.${name}`);
    } catch {
      return null;
    }
  }

  // ---- how far it is
  const position = () => (source ? source.base + audio.currentTime : rest);
  const heardFile = () => Boolean(source && !source.live);

  function bufferedEnd() {
    if (!source || !audio.buffered.length) return 0;
    return source.base + audio.buffered.end(audio.buffered.length - 1);
  }

  function ready() { // seconds that can be heard now
    if (now.heard && text?.seconds) return text.seconds;
    if (heardFile() && Number.isFinite(audio.duration)) return audio.duration;
    return Math.max(text?.seconds || 0, bufferedEnd());
  }

  const total = () => Math.max(text?.total || 0, ready());

  // ---- the controls
  const SHAPES = {
    play: "M8 5.5v13l11-6.5z", pause: "M7 5h3.5v14H7zM13.5 5H17v14h-3.5z",
    back: "M12 5V1.5L7 6l5 4.5V7a6 6 0 1 1-6 6H4a8 8 0 1 0 8-8z", forward: "M12 5V1.5L17 6l-5 4.5V7a6 6 0 1 0 6 6h2a8 8 0 1 1-8-8z",
  };
  function shape(name) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg"), path = document.createElementNS(svg.namespaceURI, "path");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    path.setAttribute("d", SHAPES[name]);
    svg.append(path);
    return svg;
  }

  function mount(element) { // the component's own HTML never changes, so that Gradio leaves what is built here alone
    const key = (name, kind, onclick) => make("button", { type: "button", className: `v-button v-round ${kind}`, onclick }, shape(name));
    ui = { title: make("h3", {}), state: make("p", { className: "v-hint v-sound-state" }), clock: make("span", { className: "v-clock" }) };
    ui.state.setAttribute("role", "status");
    ui.play = key("play", "v-primary v-play", () => (wanted ? pause() : play()));
    ui.back = key("back", "v-quiet", () => seek(position() - JUMP));
    ui.forward = key("forward", "v-quiet", () => seek(position() + JUMP));
    ui.bar = make("input", { type: "range", min: 0, max: 1, step: 0.1, value: 0, className: "v-seek" });
    ui.bar.addEventListener("input", () => { dragging = true; ui.bar.value = Math.min(ui.bar.value, ready()); paintTime(Number(ui.bar.value)); });
    ui.bar.addEventListener("change", () => { dragging = false; seek(Number(ui.bar.value)); });
    ui.bar.addEventListener("keydown", arrow);
    ui.speed = make("select", { className: "v-speed", onchange: () => setSpeed(Number(ui.speed.value)) });
    const keys = make("div", { className: "v-keys" }, make("div", { className: "v-turns" }, ui.back, ui.play, ui.forward), ui.speed);
    ui.group = make("div", { className: "v-deck" }, ui.bar, ui.clock, keys);
    ui.group.setAttribute("role", "group");
    audio = sound();
    ui.box = make("div", { className: "v-listen", hidden: true }, ui.title, ui.group, ui.state, audio);
    element.querySelector("[data-controls]").replaceChildren(ui.box);
    keysOfTheDevice();
    if (now) begin(now.ours), shownAnew();
  }

  function keysOfTheDevice() { // a headset's, and those on a phone's locked screen
    const session = navigator.mediaSession, acts = { play, pause, seekbackward: () => seek(position() - JUMP), seekforward: () => seek(position() + JUMP) };
    for (const [name, act] of Object.entries(acts)) session?.setActionHandler(name, () => { if (now) act(); });
  }

  function arrow(event) {
    const step = { ArrowLeft: -ARROW, ArrowDown: -ARROW, ArrowRight: ARROW, ArrowUp: ARROW, PageDown: -60, PageUp: 60 }[event.key];
    if (!step) return;
    event.preventDefault();
    seek(position() + step);
  }

  function label() {
    const says = now.words, decimal = new Intl.NumberFormat(document.documentElement.lang || "vi");
    ui.title.textContent = now.title;
    if (navigator.mediaSession) navigator.mediaSession.metadata = new MediaMetadata({ title: now.title });
    ui.group.setAttribute("aria-label", now.label);
    for (const [part, word] of [["back", "listen_back"], ["forward", "listen_forward"], ["bar", "listen_seek"], ["speed", "listen_speed"]]) {
      ui[part].setAttribute("aria-label", says[word]);
      if (part !== "bar") ui[part].title = says[word];
    }
    ui.speed.replaceChildren(...SPEEDS.map((speed) => make("option", { value: speed }, `${decimal.format(speed)}×`)));
    ui.speed.value = speedKept();
  }

  const speedKept = () => (SPEEDS.includes(Number(kept("speed"))) ? Number(kept("speed")) : 1);
  function setSpeed(speed) {
    kept("speed", speed);
    audio.playbackRate = audio.defaultPlaybackRate = speed;
  }

  function paint() {
    if (!now || !ui) return;
    const at = position(), all = total(), share = (seconds) => `${all ? Math.min(100, (100 * seconds) / all).toFixed(2) : 0}%`;
    ui.bar.max = Math.max(all, 0.1);
    if (!dragging) ui.bar.value = at;
    ui.bar.style.setProperty("--ready", share(ready()));
    ui.bar.style.setProperty("--played", share(dragging ? Number(ui.bar.value) : at));
    ui.bar.dataset.ready = ready().toFixed(1);
    if (!dragging) paintTime(at);
    ui.box.dataset.kind = !source ? "" : source.live ? "live" : "file";
    tell("time", at);
  }

  function paintTime(at) {
    const shown = fill(now.words[now.heard ? "listen_at_exact" : "listen_at"], { now: clock(at), total: clock(total()) });
    const known = text && total() ? shown : clock(at);
    if (ui.clock.textContent !== known) ui.clock.textContent = known;
    ui.bar.setAttribute("aria-valuetext", known);
  }

  function paintState() {
    const word = wanted ? "listen_pause" : "listen_play";
    if (ui.shown !== word) ui.play.replaceChildren(shape(wanted ? "pause" : "play"));
    ui.shown = word;
    ui.play.setAttribute("aria-label", now.words[word]);
    ui.play.title = now.words[word];
    const said = wanted && lack ? fill(now.words[`listen_${lack}`], { time: clock(position()) }) : "";
    if (ui.state.textContent !== said) ui.state.textContent = said;
    tell("state", wanted && !lack);
  }

  // ---- the sound
  function sound() {
    const made = make("audio", { preload: "none" });
    const on = (names, handler) => { for (const name of names) made.addEventListener(name, (event) => { if (event.target === audio && now && source) handler(event.type); }); };
    on(["timeupdate", "progress", "seeked", "durationchange"], paint);
    on(["playing"], () => { tries = 0; lacking(""); });
    on(["waiting"], () => lacking(heardFile() ? "" : "waiting"));
    on(["pause"], () => { if (!audio.ended && !audio.error) stopped(); });
    on(["play"], () => { wanted = true; paintState(); });
    on(["ended"], ended);
    on(["error"], broken);
    return made;
  }

  function lacking(why) {
    lack = why;
    paintState();
  }

  function stopped() { // by the person, here or with the keys of the device
    wanted = false;
    lacking("");
  }

  function open(at) { // the finished file from there on, else a new stream
    source = now.heard ? { live: false, base: 0, edition: now.edition } : { live: true, base: at, edition: now.edition };
    arriving = null;
    audio.preload = "auto";
    audio.src = now.heard ? fileLink() : link("audio", `&start=${at.toFixed(2)}`);
    if (now.heard) audio.currentTime = at; // before the metadata is there, this is where it begins
    setSpeed(speedKept());
    if (wanted) audio.play().catch(refused);
    paint();
  }

  const fileLink = () => link("audio", `&final=1&edition=${now.edition}`); // a new edition is another file to the browser

  function close() { // nothing is loaded any more; the position stays
    rest = position();
    source = arriving = null;
    audio.removeAttribute("src");
    audio.load();
  }

  function refused(error) { // a browser may want a click first
    if (error.name === "NotAllowedError") stopped();
  }

  function play() {
    wanted = true;
    lacking("");
    if (now.heard && position() > total() - EDGE) seek(0);
    if (!source || audio.error || (audio.ended && source.live)) goOn(true);
    else audio.play().catch(refused);
    paintState();
  }

  function pause() {
    audio.pause();
    stopped();
  }

  function seek(to) { // not beyond what is ready
    const last = Math.max(0, ready() - EDGE), at = Math.max(0, Math.min(to, last));
    if (!source || (audio.ended && source.live)) {
      if (source) close();
      rest = at;
      if (wanted) open(at);
    } else if (heardFile() || isBuffered(at - source.base)) {
      audio.currentTime = at - source.base;
    } else {
      open(at);
    }
    paint();
  }

  function isBuffered(seconds) {
    for (const ranges of [audio.buffered, audio.seekable]) {
      let inside = false;
      for (let i = 0; i < ranges.length; i++) inside ||= ranges.start(i) <= seconds && seconds <= ranges.end(i);
      if (!inside) return false;
    }
    return true;
  }

  function ended() {
    if (heardFile()) return stopped();
    close();
    lacking(running() || now.heard ? "waiting" : "paused");
    ask();
  }

  function broken() {
    close();
    tries += 1;
    if (wanted) lacking("broken");
    ask(Math.min(30000, POLL * tries));
  }

  function goOn(asked) { // where the sound broke off, when there is more, or again on a click
    if (!wanted || source) return;
    if (now.heard && rest > total() - EDGE && text) return stopped();
    if (stale && over) return lacking("paused"); // there is no sound of it any more: the page hears of it presently
    if (asked || now.heard || ready() > rest + EDGE) return open(rest);
    lacking(lack === "broken" ? "broken" : running() ? "waiting" : "paused");
  }

  // ---- from the stream to the finished file, and from one edition to the next: at the same place
  async function changeOver() {
    const { id, edition } = now, old = text;
    if (!allRead()) await read(text?.edition === edition ? Math.max(0, firstUnready()) : 0);
    if (!now || now.id !== id || now.edition !== edition) return;
    const at = () => (old && text && old.edition !== text.edition ? moved(position(), old.chunks, text.chunks) : position());
    if (!source || (!wanted && (audio.paused || audio.ended))) {
      const there = at();
      close();
      rest = there;
      paint();
      return goOn();
    }
    swap(at);
  }

  function swap(at) {
    const next = sound();
    arriving = next;
    next.addEventListener("loadedmetadata", () => { next.currentTime = at(); }, { once: true });
    next.addEventListener("error", () => { if (arriving === next) arriving = null; }, { once: true });
    next.addEventListener("seeked", () => {
      if (arriving !== next || !source) return;
      const before = audio, there = at();
      Object.assign(next, { volume: before.volume, muted: before.muted, playbackRate: before.playbackRate, defaultPlaybackRate: before.playbackRate });
      if (Math.abs(next.currentTime - there) > 0.1) next.currentTime = there;
      if (wanted) next.play().catch(refused);
      audio = next;
      source = { live: false, base: 0, edition: now.edition };
      arriving = null;
      before.pause();
      before.replaceWith(next);
      before.removeAttribute("src");
      before.load();
      paint();
    }, { once: true });
    Object.assign(next, { preload: "auto", src: fileLink() });
  }

  function moved(seconds, old, fresh) { // the same sentence in the next edition; of one that changed, its paragraph's begin
    const index = numberAt(seconds, old), chunk = old[index];
    if (!chunk) return seconds;
    const same = (other) => other.chapter === chunk.chapter && other.paragraph === chunk.paragraph;
    const nth = index - old.findIndex(same), first = fresh.findIndex(same), there = fresh[first + nth];
    if (first < 0 || fresh[first].start === undefined) return seconds;
    const unchanged = there && same(there) && there.text === chunk.text && Math.abs(there.end - there.start - chunk.end + chunk.start) < 0.02;
    return unchanged ? there.start + seconds - chunk.start : fresh[first].start;
  }

  function numberAt(seconds, chunks) { // of the sentence that is heard; -1 before the first
    let low = 0, high = chunks.length - 1, found = -1;
    while (low <= high) {
      const middle = (low + high) >> 1, start = chunks[middle].start;
      if (start !== undefined && start <= seconds + 0.05) { found = middle; low = middle + 1; } else high = middle - 1;
    }
    return found;
  }

  // ---- what is read, from the first sentence that is not ready on
  async function read(since) {
    const { id } = now;
    const answer = await fetch(link("reading", `&since=${since}&ready=${since ? 1 : 0}`)).catch(() => null);
    if (!answer?.ok || !now || now.id !== id) return;
    const told = await answer.json();
    if (!now || now.id !== id) return;
    compare(told.status);
    if (told.edition !== now.edition) return; // of another edition: the server tells of it soon
    if (since && told.edition !== text?.edition) return read(0);
    const chunks = since ? text.chunks : told.chunks;
    if (since) told.chunks.forEach((chunk, index) => { chunks[since + index] = chunk; });
    text = { edition: told.edition, chapters: told.chapters, chunks, seconds: told.seconds, total: expected(told, chunks) };
    tell("read", { since, until: since + told.chunks.length });
  }

  function compare(status) { // Gradio can lose an event of a page: it is asked for again
    stale = status === now.status ? 0 : stale + 1;
    over = ["cancelled", "failed"].includes(status);
    if (stale > 1) document.querySelector("#generate-progress [data-action=look]")?.click();
  }

  function expected({ seconds, total_seconds: total }, chunks) { // of one that is paused too, by how long the text so far took
    const letters = (some) => some.reduce((sum, chunk) => sum + chunk.text.length, 0), done = chunks.filter((chunk) => chunk.end !== undefined);
    if (done.length === chunks.length || !done.length || total > seconds + 1) return total;
    return (seconds * letters(chunks)) / letters(done);
  }

  const firstUnready = () => (text ? text.chunks.findIndex((chunk) => chunk.end === undefined) : 0);
  const allRead = () => Boolean(text && text.chunks.length && text.edition === now.edition && firstUnready() < 0);

  function ask(soon = 0) {
    clearTimeout(timer);
    timer = setTimeout(poll, soon);
  }

  async function poll() {
    if (!now || asking) return;
    const stuck = wanted && !source;
    if ((!allRead() || running()) && (!document.hidden || stuck)) {
      asking = true;
      await read(allRead() ? text.chunks.length : Math.max(0, text?.edition === now.edition ? firstUnready() : 0));
      asking = false;
      if (!now) return;
    }
    goOn();
    if (now.heard && source?.live && !arriving) changeOver();
    paint();
    if (!allRead() || running() || (wanted && !source)) ask(running() || wanted ? POLL : SLOW);
  }

  // ---- which recording is shown: told at every change of its state
  function show(marker, ours) {
    if (!marker) return hide();
    const { player: id, src, status, edition, title, label: name, words, note } = marker.dataset, before = now;
    now = { id, src, status, heard: "heard" in marker.dataset, edition: Number(edition), title, label: name, note, ours, words: JSON.parse(words) };
    now.seen = (before?.seen || 0) + 1; // how many states have been told
    stale = 0;
    if (!ui) return;
    if (before?.id !== id) {
      if (before) leave(before);
      begin(ours);
    } else if (now.heard && (!before.heard || before.edition !== now.edition)) {
      changeOver();
    }
    shownAnew();
  }

  function shownAnew() {
    ui.box.hidden = false;
    label();
    paint();
    paintState();
    tell("shown", now);
    ask();
  }

  function begin(ours) {
    text = null;
    rest = rests.get(now.id) ?? placeKept(now.id);
    wanted = Boolean(ours);
    lack = "";
    tries = 0;
    if (wanted) open(rest);
  }

  // ---- where somebody was, also when the page is opened anew: of the last few recordings
  const PLACES = 50;
  function places() {
    try {
      return JSON.parse(kept("places") || "[]");
    } catch {
      return [];
    }
  }
  const placeKept = (id) => places().find(([one]) => one === id)?.[1] || 0;
  function keepPlace() {
    if (!now || !source) return;
    const at = position(), over = now.heard && at > total() - 2;
    const others = places().filter(([one]) => one !== now.id);
    kept("places", JSON.stringify([...(over ? [] : [[now.id, Math.floor(at)]]), ...others].slice(0, PLACES)));
  }
  addEventListener("pagehide", keepPlace);
  setInterval(() => { if (wanted && !lack) keepPlace(); }, 3000);

  function leave(before) {
    rests.set(before.id, position());
    keepPlace();
    audio.pause();
    close();
    text = null;
    tell("hidden", before);
  }

  function hide() {
    if (!now) return;
    const before = now;
    if (ui) leave(before);
    now = null;
    if (ui) ui.box.hidden = true;
  }

  document.addEventListener("visibilitychange", () => { if (!document.hidden && now) ask(); });
  const heard = () => ({ now, text, position: now && audio ? position() : 0, playing: wanted && !lack && Boolean(source) });
  return { mount, show, seek, play, pause, clock, link, fill, make, numberAt, heard, on: (listener) => listeners.push(listener) };
})();
