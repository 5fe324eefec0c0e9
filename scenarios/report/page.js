// Draws the lanes again for the part of the run that is looked at, with what the filters let through.
"use strict";
(() => {
  const facts = JSON.parse(document.getElementById("facts").textContent);
  const [MARK, ACTOR, AT, LASTS, CALL, RESOURCE, STATUS, PHASE, APPLIED] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  const mark = name => facts.marks.indexOf(name);
  const STARTS = mark("starts"), ENDS = mark("ends"), CRASHES = mark("crashes"), FAULT = mark("fault");
  const ALERT = mark("alert"), REPORT = mark("report"), REFUSED = mark("refused"), PLAIN = mark("call");
  const SHAPES = 11, LANE = 46, TOP = 20, BAR = 16, AXIS = 24, ROWS = 300, SPAN_MIN = 1000;
  const STEPS = [1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400]
    .map(s => s * 1e6);
  const $ = id => document.getElementById(id);
  const svg = $("lanes");
  const view = { from: 0, to: facts.end, actor: "", call: "", phase: "", text: "", trail: null };

  const two = n => String(n).padStart(2, "0");
  function moment(us) {
    const d = new Date((facts.start + us) / 1000);
    const ms = d.getUTCMilliseconds();
    return `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())}` +
      (ms > 0 ? "." + String(ms).padStart(3, "0") : "");
  }
  function span(us) {
    const s = us / 1e6;
    return s < 1 ? `${Math.round(us / 1000)} ms` : s < 120 ? `${s.toFixed(1)} s` : s < 7200 ? `${(s / 60).toFixed(1)} min` : `${(s / 3600).toFixed(1)} h`;
  }
  const escaped = text => String(text).replace(/[&<>"]/g, c => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);
  const word = e => e[MARK] === FAULT ? facts.phases[e[PHASE]] : facts.marks[e[MARK]];
  function outcome(e) {
    if (e[MARK] === CRASHES) { return e[LASTS] < 0 ? "for ever" : "until " + moment(e[AT] + e[LASTS]); }
    if (!facts.calls[e[CALL]]) { return ""; }
    return (e[APPLIED] ? "applied" : "not applied") + (e[STATUS] > 0 ? ", " + e[STATUS] : "") +
      (e[LASTS] > 0 ? ", answered " + moment(e[AT] + e[LASTS]) : "");
  }
  const told = e => `${moment(e[AT])} ${facts.actors[e[ACTOR]]}: ${word(e)} ${facts.calls[e[CALL]]} ${facts.resources[e[RESOURCE]]} ${outcome(e)}`;

  // ---- filters ----
  function ofTrail(e, trail) {
    const resource = facts.resources[e[RESOURCE]];
    return trail.objects.some(key => key !== "" && resource.endsWith(key)) ||
      (facts.calls[e[CALL]].startsWith("kinesis:Put") && trail.at.some(at => Math.abs(at - e[AT]) < 1000));
  }
  function passes(e) {
    if (view.actor !== "" && e[ACTOR] !== +view.actor) { return false; }
    if (isLife(e)) { return view.phase === "" || facts.phases[view.phase] === "kill"; }
    if (view.call !== "" && e[CALL] !== +view.call) { return false; }
    if (view.phase !== "" && e[PHASE] !== +view.phase) { return false; }
    if (view.trail !== null) { return ofTrail(e, view.trail); }
    return view.text === "" || told(e).includes(view.text);
  }
  const filtered = () => view.call !== "" || view.phase !== "" || view.text !== "" || view.trail !== null;

  // ---- drawing ----
  function lanesShown() {
    return facts.actors.map((name, index) => ({ name, index })).filter(a => view.actor === "" || a.index === +view.actor);
  }
  function bars(lane, y, x) {
    let out = "", from = null;
    const bar = (cls, a, b) => b >= 0 && a <= view.width
      ? `<rect class="${cls}" x="${Math.max(a, 0).toFixed(1)}" y="${y + TOP}" width="${Math.max(Math.min(b, view.width) - Math.max(a, 0), 1).toFixed(1)}" height="${BAR}"/>` : "";
    for (const e of view.lives) {
      if (e[ACTOR] !== lane.index) { continue; }
      if (e[MARK] === STARTS) { from = x(e[AT]); }
      else if (from !== null) { out += bar("life", from, x(e[AT])); from = null; }
      if (e[MARK] === CRASHES) { out += bar("dead", x(e[AT]), e[LASTS] < 0 ? view.width : x(e[AT] + e[LASTS])); }
    }
    return from === null ? out : out + bar("life", from, x(facts.end));
  }
  const sumsShown = () => filtered() ? [] : facts.sums;
  function sums(rows, x) {
    let d = "";
    for (const [actor, bucket, count] of sumsShown()) {
      const a = x(bucket * facts.bucket), b = x((bucket + 1) * facts.bucket);
      if (!rows.has(actor) || b < 0 || a > view.width) { continue; }
      const height = count >= 64 ? 12 : count >= 16 ? 9 : count >= 4 ? 6 : 3;
      d += `M${a.toFixed(1)} ${rows.get(actor) + TOP + BAR}v-${height}h${Math.max(b - a, 1).toFixed(1)}v${height}z`;
    }
    return `<path class="sum" d="${d}"/>`;
  }
  // All that look the same are one path: thousands of elements take seconds, thousands of strokes none.
  const shape = e => ((e[PHASE] + SHAPES - 1) % SHAPES).toString(36);
  const isTick = e => e[MARK] === PLAIN || e[MARK] === REFUSED;
  const look = e => e[MARK] === PLAIN ? "call" : e[MARK] === REFUSED ? "error" : e[MARK] === ALERT ? "alert" : e[MARK] === REPORT ? "report" : "p" + shape(e);
  const path = memo(id => $(id).getAttribute("d"));
  function memo(f) {
    const known = new Map();
    return key => known.get(key) || known.set(key, f(key)).get(key);
  }
  function stroke(e, at, y) {
    if (isTick(e)) { return `M${at.toFixed(1)} ${y + TOP}v${BAR}`; }
    const x = Math.min(Math.max(at, 7), view.width - 7);
    return `M${x.toFixed(1)} ${y + TOP + BAR / 2}${path(look(e).replace(/^p/, "s"))}`;
  }
  const drawn = (name, d) => `<path class="${name === "call" || name === "error" ? name : "mark " + name}" d="${d}"/>`;
  const isLife = e => e[MARK] === STARTS || e[MARK] === ENDS || e[MARK] === CRASHES;
  function events(rows, x) {
    const looks = new Map([["call", []], ["error", []]]), last = new Map();
    for (const i of view.shown) {
      const e = facts.events[i];
      if (isLife(e) || !rows.has(e[ACTOR])) { continue; }
      const at = x(e[AT]), name = look(e), key = e[ACTOR] + name, point = Math.round(at);
      if (last.get(key) === point) { continue; }
      last.set(key, point);
      if (!looks.has(name)) { looks.set(name, []); }
      looks.get(name).push(stroke(e, at, rows.get(e[ACTOR])));
    }
    let out = "";
    for (const [name, strokes] of looks) { out += strokes.length > 0 ? drawn(name, strokes.join("")) : ""; }
    const chosen = facts.events[view.chosen];
    return chosen === undefined || !rows.has(chosen[ACTOR]) ? out
      : out + drawn(look(chosen) + " chosen", stroke(chosen, x(chosen[AT]), rows.get(chosen[ACTOR])));
  }
  function place(event) {
    const box = svg.getBoundingClientRect(), scale = view.width / box.width;
    const px = (event.clientX - box.left) * scale;
    return { px, at: view.from + px * (view.to - view.from) / view.width, actor: lanesShown()[Math.floor((event.clientY - box.top) * scale / LANE)] };
  }
  // The event that is drawn under the pointer; null: none. What is drawn last lies on top.
  function under(event) {
    const { px, actor } = place(event);
    let best = null, least = 8;
    for (const i of actor === undefined ? [] : view.shown) {
      const e = facts.events[i];
      if (e[ACTOR] !== actor.index || isLife(e)) { continue; }
      const off = Math.abs((e[AT] - view.from) * view.width / (view.to - view.from) - px) + (isTick(e) ? 3 : 0);
      if (off < least || (off === least && best !== null)) { best = i; least = off; }
    }
    return best;
  }
  function sumUnder(event) {
    const { at, actor } = place(event);
    const sum = actor && sumsShown().find(s => s[0] === actor.index && s[1] === Math.floor(at / facts.bucket));
    return sum ? `${sum[2]} calls` : "";
  }
  function axis(x, height) {
    const ticks = Math.max(2, Math.min(10, Math.floor(view.width / 110)));
    const least = (view.to - view.from) / ticks;
    const step = STEPS.find(us => us >= least) || Math.ceil(least / STEPS[STEPS.length - 1]) * STEPS[STEPS.length - 1];
    let out = "";
    for (let at = Math.ceil((facts.start + view.from) / step) * step - facts.start; at <= view.to; at += step) {
      const anchor = x(at) < 30 ? "start" : x(at) > view.width - 30 ? "end" : "middle";
      out += `<path class="grid" d="M${x(at).toFixed(1)} 0V${height}"/><text class="axis" x="${x(at).toFixed(1)}" y="${height + 16}" text-anchor="${anchor}">${moment(at)}</text>`;
    }
    const heal = x(facts.heal);
    return facts.heal < 0 || heal < 0 || heal > view.width ? out
      : out + `<path class="heal" d="M${heal.toFixed(1)} 0V${height}"/><text class="axis" x="${(heal + (heal > view.width - 70 ? -4 : 4)).toFixed(1)}" y="10" text-anchor="${heal > view.width - 70 ? "end" : "start"}">faults end</text>`;
  }
  function draw(width) {
    const lanes = lanesShown(), height = lanes.length * LANE;
    view.width = width || Math.max(svg.parentElement.clientWidth, 280);
    const x = us => (us - view.from) * view.width / (view.to - view.from);
    const rows = new Map(lanes.map((lane, i) => [lane.index, i * LANE]));
    view.shown = [];
    facts.events.forEach((e, i) => { if (e[AT] >= view.from && e[AT] <= view.to && passes(e)) { view.shown.push(i); } });
    svg.setAttribute("viewBox", `0 0 ${view.width} ${height + AXIS}`);
    svg.innerHTML = "<title></title>" + axis(x, height) + lanes.map(lane => bars(lane, rows.get(lane.index), x) +
      `<text class="lane" x="2" y="${rows.get(lane.index) + TOP - 6}">${escaped(lane.name)}</text>`).join("") + sums(rows, x) + events(rows, x);
    $("window").textContent = `${moment(view.from)} to ${moment(view.to)} (${span(view.to - view.from)})` +
      (view.trail !== null ? `, what is about record ${view.trail.name} (all again: choose “all”)` : "");
    table();
  }
  function table() {
    const marked = view.shown.filter(i => facts.events[i][MARK] !== PLAIN || filtered());
    const rows = marked.slice(-ROWS);
    $("happened").innerHTML = rows.map(i => {
      const e = facts.events[i];
      return `<tr class="m${e[MARK]}"><td class="n">${moment(e[AT])}</td><td>${escaped(facts.actors[e[ACTOR]])}</td><td>${word(e)}</td><td>${escaped(facts.calls[e[CALL]])}</td><td class="r">${escaped(facts.resources[e[RESOURCE]])}</td><td>${outcome(e)}</td></tr>`;
    }).join("");
    $("rows").textContent = (filtered() ? "What the filters let through" : "Faults, refusals, crashes, alerts and reports") +
      ` of the time shown: ${rows.length < marked.length ? "the last " + rows.length + " of " : ""}${marked.length}.`;
  }

  // ---- moving ----
  function show(from, to) {
    const length = Math.min(Math.max(to - from, SPAN_MIN), facts.end);
    view.from = Math.min(Math.max(from, 0), facts.end - length);
    view.to = view.from + length;
    draw();
  }
  function zoom(factor, share) {
    const length = view.to - view.from, at = view.from + length * share;
    show(at - length * factor * share, at + length * factor * (1 - share));
  }
  const shareOf = event => (event.clientX - svg.getBoundingClientRect().left) / svg.getBoundingClientRect().width;
  svg.addEventListener("wheel", event => {
    if (!event.ctrlKey && Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      const by = (view.to - view.from) * event.deltaX / view.width;
      show(view.from + by, view.to + by);
    } else { zoom(event.deltaY > 0 ? 1.25 : 0.8, shareOf(event)); }
    event.preventDefault();
  }, { passive: false });
  let drag = null;
  svg.addEventListener("pointerdown", event => { drag = { x: event.clientX, from: view.from, to: view.to }; });
  window.addEventListener("pointermove", event => {
    if (drag === null || Math.abs(event.clientX - drag.x) < 4) { return; }
    const by = (drag.to - drag.from) * (drag.x - event.clientX) / svg.getBoundingClientRect().width;
    show(drag.from + by, drag.to + by);
  });
  window.addEventListener("pointerup", () => { drag = null; });
  svg.addEventListener("pointermove", event => {
    const i = drag === null ? under(event) : null;
    svg.classList.toggle("aim", i !== null);
    svg.querySelector("title").textContent = i === null ? sumUnder(event) : told(facts.events[i]);
  });
  svg.addEventListener("click", event => {
    view.chosen = under(event);
    $("detail").hidden = view.chosen === null;
    $("detail").textContent = view.chosen === null ? "" : told(facts.events[view.chosen]);
    draw();
  });
  $("in").onclick = () => zoom(0.5, 0.5);
  $("out").onclick = () => zoom(2, 0.5);
  $("left").onclick = () => show(view.from - (view.to - view.from) / 2, view.to - (view.to - view.from) / 2);
  $("right").onclick = () => show(view.from + (view.to - view.from) / 2, view.to + (view.to - view.from) / 2);
  $("last").onclick = () => show(facts.end - Math.min(facts.end / 10, 6e7), facts.end);
  $("all").onclick = () => {
    for (const id of ["actor", "call", "phase", "text"]) { $(id).value = view[id] = ""; }
    view.trail = null;
    show(0, facts.end);
  };
  function options(select, items) {
    for (const [value, text] of items) { select.add(new Option(text, value)); }
    select.onchange = () => { view[select.id] = select.value; draw(); };
  }
  const used = column => new Set(facts.events.map(e => e[column]));
  options($("actor"), facts.actors.map((name, i) => [i, name]));
  options($("call"), [...used(CALL)].filter(i => facts.calls[i] !== "").map(i => [i, facts.calls[i]]).sort((a, b) => a[1] < b[1] ? -1 : 1));
  options($("phase"), [...used(PHASE)].filter(i => i > 0).sort((a, b) => a - b).map(i => [i, facts.phases[i]]));
  $("text").oninput = () => { view.text = $("text").value; view.trail = null; draw(); };
  $("controls").onsubmit = event => event.preventDefault();
  for (const link of document.querySelectorAll("[data-trail]")) {
    link.onclick = () => { view.trail = facts.trails[+link.dataset.trail]; draw(); };
  }
  view.lives = facts.events.filter(isLife);
  view.chosen = null;
  document.body.classList.add("scripted");
  $("controls").hidden = $("window").hidden = false;
  window.addEventListener("resize", () => draw());
  window.addEventListener("beforeprint", () => draw(1100));
  window.addEventListener("afterprint", () => draw());
  draw();
})();
