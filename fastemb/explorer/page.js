"use strict";
// The map is drawn by plotly, the words and marks on it by a canvas above it, the rest by the page.
// Keys come from people's data: they are put on the page by textContent and fillText only.
(async () => {
  const $ = (id) => document.getElementById(id);
  const root = document.documentElement;

  // ---- data ----

  async function unpacked(id) {
    const text = atob($(id).textContent);
    $(id).remove();
    const packed = new Uint8Array(text.length);
    for (let at = 0; at < text.length; at++) packed[at] = text.charCodeAt(at);
    return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
  }
  const textOf = async (id) => new TextDecoder().decode(await unpacked(id));

  const fail = (message) => {
    $("wait").textContent = message;
  };
  if (!window.DecompressionStream) return fail("This page needs a browser of 2023 or later.");
  window.addEventListener("error", (event) => $("wait").hidden || fail(`The map cannot be drawn: ${event.message}`));
  const about = JSON.parse(await textOf("data-about"));
  const buffer = await unpacked("data-arrays");
  let offset = 0;
  const arrays = about.arrays.map(({ type, bytes }) => {
    const array = new globalThis[type](buffer.slice(offset, offset + bytes));
    offset += bytes;
    return array;
  });
  const library = document.createElement("script");
  library.textContent = await textOf("data-library");
  document.head.append(library);

  const [places, near, cosines] = arrays;
  const count = about.count;
  const x = places.subarray(0, count);
  const y = places.subarray(count);
  const columns = about.columns.map((column, at) => ({ ...column, values: arrays[3 + at] }));
  const names = about.names;
  const titles = about.titles || names;
  const NONE = 255; // the group of a key that has none

  const number = new Intl.NumberFormat("en", { maximumSignificantDigits: 6 });
  const counted = (n, what) => `${number.format(n)} ${what}${n === 1 ? "" : "s"}`;
  const oneLine = (text, most) => {
    const line = [...text.slice(0, 4 * most).replace(/[\s\p{C}]+/gu, " ").trim()];
    return line.length > most ? `${line.slice(0, most - 1).join("")}…` : line.join("");
  };
  const say = (message) => {
    $("status").textContent = message;
  };

  // ---- what is seen: the middle of the view, in the map's units, and pixels for a unit ----

  const map = $("map");
  const chart = $("chart");
  const marks = $("marks");
  const pen = marks.getContext("2d");
  let width = map.clientWidth;
  let height = map.clientHeight;
  const limits = (values) => values.reduce(([low, high], one) => [Math.min(low, one), Math.max(high, one)], [Infinity, -Infinity]);
  const [left, right] = limits(x);
  const [bottom, top] = limits(y);
  const wholeScale = () => Math.min(width / Math.max(right - left, 1), height / Math.max(top - bottom, 1)) * 0.92;
  const wholeView = () => ({ x: (left + right) / 2, y: (bottom + top) / 2, scale: wholeScale() });
  let view = wholeView();
  let drawn = view; // the view that plotly has drawn; until it draws again, what it drew is moved and stretched
  const acrossUnit = (unit) => (unit - view.x) * view.scale + width / 2;
  const downUnit = (unit) => height / 2 - (unit - view.y) * view.scale;
  const across = (at) => acrossUnit(x[at]);
  const down = (at) => downUnit(y[at]);
  const unitsOf = (spot) => ({
    x: view.x + (spot.x - width / 2) / view.scale,
    y: view.y - (spot.y - height / 2) / view.scale,
  });

  const ranges = () => ({
    "xaxis.range": [view.x - width / 2 / view.scale, view.x + width / 2 / view.scale],
    "yaxis.range": [view.y - height / 2 / view.scale, view.y + height / 2 / view.scale],
  });

  let isAsked = false; // for a frame
  let timer = 0;
  let cost = 100; // milliseconds in which plotly drew last
  const LIVE = 24; // while it takes no longer, it draws in every frame
  const pause = () => Math.min(Math.max(cost, 140), 600);

  function look(next) {
    const scale = Math.min(Math.max(next.scale, wholeScale() / 2), wholeScale() * 4000);
    view = {
      x: Math.min(Math.max(next.x, left), right),
      y: Math.min(Math.max(next.y, bottom), top),
      scale,
    };
    askFrame();
    clearTimeout(timer);
    timer = setTimeout(() => redraw(), cost <= LIVE ? 0 : pause());
  }

  function askFrame() {
    if (!isAsked) requestAnimationFrame(frame);
    isAsked = true;
  }

  function frame() {
    isAsked = false;
    const ratio = view.scale / drawn.scale;
    const right = width / 2 - (view.x - drawn.x) * view.scale - (width / 2) * ratio;
    const below = height / 2 + (view.y - drawn.y) * view.scale - (height / 2) * ratio;
    chart.style.transform = view === drawn ? "" : `translate(${right}px, ${below}px) scale(${ratio})`;
    drawMarks();
  }

  function redraw(also = {}) {
    clearTimeout(timer);
    const begin = performance.now();
    drawn = view;
    Plotly.relayout(chart, { ...ranges(), ...also });
    frame();
    requestAnimationFrame(() => requestAnimationFrame(() => (cost = performance.now() - begin - 16)));
  }

  const pixelsToUnits = (dx, dy) => ({ x: view.x - dx / view.scale, y: view.y + dy / view.scale, scale: view.scale });

  function zoom(factor, atX = width / 2, atY = height / 2) {
    const scale = Math.min(Math.max(view.scale * factor, wholeScale() / 2), wholeScale() * 4000);
    const unit = unitsOf({ x: atX, y: atY });
    look({ x: unit.x - (atX - width / 2) / scale, y: unit.y + (atY - height / 2) / scale, scale });
  }

  let flight = 0;
  function flyTo(goal) {
    cancelAnimationFrame(flight);
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return look(goal);
    const from = view;
    const begin = performance.now();
    const step = (now) => {
      const t = Math.min(Math.max((now - begin) / 300, 0), 1);
      const part = t * t * (3 - 2 * t);
      look(t === 1 ? goal : {
        x: from.x + (goal.x - from.x) * part,
        y: from.y + (goal.y - from.y) * part,
        scale: from.scale * (goal.scale / from.scale) ** part,
      });
      if (t < 1) flight = requestAnimationFrame(step);
    };
    step(begin);
  }

  const isInView = (at, edge = 0) =>
    across(at) >= edge && across(at) <= width - edge && down(at) >= edge && down(at) <= height - edge;

  function nearestTo(px, py, reach) {
    let best = -1;
    let least = reach * reach;
    for (let at = 0; at < count; at++) {
      const dx = across(at) - px;
      const dy = down(at) - py;
      const far = dx * dx + dy * dy;
      if (far < least || (far === least && best < 0)) [best, least] = [at, far];
    }
    return best;
  }

  // ---- words and marks ----

  let chosen = -1;
  let hovered = -1;
  let area = null; // places of the keys that are selected
  let isSelected = null; // whether each is
  const colour = (name) => getComputedStyle(root).getPropertyValue(`--${name}`).trim();
  let inks = {};
  const FONT = '12px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';
  const GAP = 6;
  const LINE = 15;
  const MOST_WRITTEN = 3000;
  const written = new Map(); // place and ink -> the text as a small picture, which is drawn faster than text

  function wordOf(at, ink) {
    const id = `${at} ${ink}`;
    if (!written.has(id)) {
      if (written.size > MOST_WRITTEN) written.clear();
      const text = oneLine(titles[at], 32);
      const ratio = window.devicePixelRatio || 1;
      const width = pen.measureText(text).width;
      const canvas = document.createElement("canvas");
      canvas.width = Math.ceil((width + 4) * ratio);
      canvas.height = Math.ceil(LINE * ratio);
      const brush = canvas.getContext("2d");
      brush.scale(ratio, ratio);
      Object.assign(brush, { font: FONT, textBaseline: "middle", lineJoin: "round", lineWidth: 3.5 });
      brush.strokeStyle = inks.halo;
      brush.strokeText(text, 2, LINE / 2);
      brush.fillStyle = ink;
      brush.fillText(text, 2, LINE / 2);
      written.set(id, { canvas, width });
    }
    return written.get(id);
  }

  function neighboursOf(at) {
    const found = [];
    for (let rank = 0; rank < about.nearest; rank++) {
      const other = near[at * about.nearest + rank];
      if (other < names.length) found.push([other, cosines[at * about.nearest + rank] / 32767]);
    }
    return found;
  }

  function ring(at, radius, ink, thickness) {
    pen.beginPath();
    pen.arc(across(at), down(at), radius, 0, 2 * Math.PI);
    pen.strokeStyle = ink;
    pen.lineWidth = thickness;
    pen.stroke();
  }

  function drawOutline() {
    pen.beginPath();
    for (const corner of outline) pen.lineTo(acrossUnit(corner.x), downUnit(corner.y));
    pen.closePath();
    pen.setLineDash([5, 4]);
    pen.lineWidth = 1.5;
    pen.strokeStyle = inks.accent;
    pen.stroke();
    pen.setLineDash([]);
    pen.globalAlpha = 0.1;
    pen.fillStyle = inks.accent;
    pen.fill();
    pen.globalAlpha = 1;
  }

  function drawMarks() {
    const ratio = window.devicePixelRatio || 1;
    if (marks.width !== Math.round(width * ratio) || marks.height !== Math.round(height * ratio)) {
      written.clear();
      marks.width = Math.round(width * ratio);
      marks.height = Math.round(height * ratio);
    }
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.font = FONT;
    const close = chosen < 0 ? [] : neighboursOf(chosen).map(([at]) => at).filter((at) => at < count);
    pen.beginPath();
    for (const at of close) {
      pen.moveTo(across(chosen), down(chosen));
      pen.lineTo(across(at), down(at));
    }
    pen.strokeStyle = inks.faint;
    pen.lineWidth = 1;
    pen.stroke();
    for (const at of close) ring(at, 5, inks.accent, 1.5);
    if (chosen >= 0) ring(chosen, 8, inks.accent, 3);
    if (hovered >= 0) ring(hovered, 6, inks.ink, 1.5);
    if (outline) drawOutline();
    write([chosen, hovered, ...close].filter((at) => at >= 0));
  }

  // The first ones have a place first; as a rule keys come in the order of their counts.
  function write(first) {
    const most = Math.min(Math.max(Math.round((width * height) / 9000), 10), 90);
    const ratio = window.devicePixelRatio || 1;
    const boxes = [];
    const done = new Set();
    let tried = 0;
    const put = (at, isNeeded) => {
      const px = across(at);
      const py = down(at);
      if (px < 0 || px > width || py < 0 || py > height) return;
      done.add(at);
      tried++;
      const { canvas, width: wide } = wordOf(at, isNeeded ? inks.accent : inks.ink);
      for (const [sideX, sideY] of [[1, 0], [-1, 0], [0, -1], [0, 1]]) {
        const from = sideX > 0 ? px + GAP : sideX < 0 ? px - GAP - wide : px - wide / 2;
        const middle = py + sideY * (GAP + LINE / 2);
        const box = [from - 2, middle - LINE / 2, from + wide + 2, middle + LINE / 2];
        if (box[0] < 0 || box[1] < 0 || box[2] > width || box[3] > height) continue;
        if (boxes.some((b) => box[0] < b[2] && b[0] < box[2] && box[1] < b[3] && b[1] < box[3])) continue;
        boxes.push(box);
        const sharp = (length) => Math.round(length * ratio) / ratio;
        pen.drawImage(canvas, sharp(box[0]), sharp(box[1]), canvas.width / ratio, canvas.height / ratio);
        return;
      }
    };
    for (const at of first) if (!done.has(at)) put(at, true);
    for (let at = 0; at < count && boxes.length < most && tried < 700; at++) {
      if (!done.has(at) && (!isSelected || isSelected[at])) put(at, false);
    }
  }

  // ---- colours ----

  let column = columns.length ? columns[0] : null;
  const isDark = () => root.dataset.scheme === "dark";

  function lighter(hex) {
    if (!isDark()) return hex;
    const parts = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
    return `#${parts.map((part) => Math.round(part + (255 - part) * 0.25).toString(16).padStart(2, "0")).join("")}`;
  }

  // The colours of numbers, without those that are hardly seen on the paper.
  const shades = () => (isDark() ? about.scale.slice(3) : about.scale.slice(0, -1));

  // Numbers that differ by a factor of 100 or more are seen by their logarithm.
  function scaleOf(values) {
    let [low, high] = [Infinity, -Infinity];
    for (const value of values) if (Number.isFinite(value)) [low, high] = [Math.min(low, value), Math.max(high, value)];
    const isLogarithmic = low > 0 && high / low >= 100;
    const bent = (value) => (isLogarithmic ? Math.log(value) : value);
    const span = bent(high) - bent(low) || 1;
    return { low, high, isLogarithmic, share: (value) => (bent(value) - bent(low)) / span };
  }

  function marker() {
    const size = Math.min(Math.max(10 - 2.9 * Math.log10(count / 100), 3), 10);
    const look = { size, opacity: count > 2000 ? 0.75 : 0.9, line: { width: 0 }, symbol: "circle", showscale: false };
    const colours = about.colours.map(lighter);
    const last = colours.length;
    if (!column) return { ...look, color: colours[0], colorscale: null };
    if (column.groups) {
      const groups = column.values;
      if (column.groups.length > last) {
        look.symbol = Array.from(groups, (one) => about.symbols[one === NONE ? 0 : Math.floor(one / last) % last]);
      }
      return {
        ...look,
        color: Array.from(groups, (one) => (one === NONE ? last : one % last)),
        colorscale: [...colours, inks.none].map((one, at) => [at / last, one]),
        cmin: 0,
        cmax: last,
      };
    }
    const scale = scaleOf(column.values);
    const stops = shades();
    return {
      ...look,
      color: Array.from(column.values, (value) => (Number.isFinite(value) ? scale.share(value) : -1)),
      colorscale: [[0, inks.none], [0.499, inks.none], ...stops.map((one, at) => [0.5 + at / (stops.length - 1) / 2, one])],
      cmin: -1,
      cmax: 1,
    };
  }

  const SHAPES = {
    circle: "M6 1a5 5 0 1 0 .01 0z", "triangle-up": "M6 1l5 9H1z", square: "M2 2h8v8H2z", diamond: "M6 0l5 6-5 6-5-6z",
    "triangle-down": "M6 11L1 2h10z", cross: "M4 1h4v3h3v4H8v3H4V8H1V4h3z",
  };
  function swatch(group) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    const last = about.colours.length;
    svg.setAttribute("viewBox", "0 0 12 12");
    svg.setAttribute("class", "swatch");
    svg.setAttribute("aria-hidden", "true");
    path.setAttribute("d", SHAPES[about.symbols[group === NONE ? 0 : Math.floor(group / last) % last]]);
    path.setAttribute("fill", group === NONE ? inks.none : lighter(about.colours[group % last]));
    svg.append(path);
    return svg;
  }

  function node(tag, text, className) {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  function row(text, value) {
    const button = node("button", undefined, "row");
    button.type = "button";
    const shown = node("span", oneLine(text, 200), "text");
    shown.dir = "auto";
    button.title = text.slice(0, 500);
    button.append(shown, node("span", value, "number"));
    return button;
  }

  function showLegend() {
    const legend = $("legend");
    legend.replaceChildren();
    if (!column) return;
    if (!column.groups) {
      const { low, high, isLogarithmic } = scaleOf(column.values);
      const bar = node("div");
      bar.id = "scale";
      bar.style.background = `linear-gradient(to right, ${shades().join(", ")})`;
      const ends = node("div");
      ends.id = "scale-ends";
      const middle = isLogarithmic ? node("span", "logarithmic") : "";
      ends.append(node("span", number.format(low)), middle, node("span", number.format(high)));
      legend.append(bar, ends);
      return;
    }
    const sizes = new Map();
    for (const group of column.values) sizes.set(group, (sizes.get(group) || 0) + 1);
    for (const group of [...column.groups.keys(), NONE]) {
      if (!sizes.has(group)) continue;
      const name = group === NONE ? "none" : column.groups[group];
      const button = row(name, number.format(sizes.get(group)));
      button.prepend(swatch(group));
      const values = column.values;
      button.addEventListener("click", () => selectAll((at) => values[at] === group));
      legend.append(button);
    }
  }

  function valueOf(one, at) {
    const value = one.values[at];
    if (one.groups) return value === NONE ? "" : one.groups[value];
    return Number.isFinite(value) ? number.format(value) : "";
  }

  // ---- the key that was chosen ----

  function choose(at, { fly = false } = {}) {
    chosen = at;
    $("key").hidden = at < 0;
    if (at >= 0) {
      $("key-name").textContent = titles[at].slice(0, 2000);
      $("key-name").dir = "auto";
      const values = titles === names ? [] : [["key", names[at].slice(0, 500)]];
      values.push(...columns.map((one) => [one.name, valueOf(one, at)]).filter(([, value]) => value !== ""));
      $("values").replaceChildren(...values.flatMap(([name, value]) => [node("dt", name), node("dd", value)]));
      const items = neighboursOf(at).map(([other, cosine]) => {
        const item = node("li");
        const button = row(titles[other], cosine.toFixed(3));
        button.disabled = other >= count;
        if (button.disabled) button.title += " (not on the map)";
        else button.addEventListener("click", () => choose(other, { fly: true }));
        item.append(button);
        return item;
      });
      $("neighbours").replaceChildren(...items);
      say(`${oneLine(titles[at], 60)}: ${counted(items.length, "nearest key")}`);
      if (fly && !isInView(at, 40)) flyTo({ x: x[at], y: y[at], scale: Math.max(view.scale, wholeScale()) });
    }
    askFrame();
  }

  // ---- an area ----

  const SHOWN = 200;
  function show(found) {
    area = found.length ? found : null;
    isSelected = null;
    if (area) {
      isSelected = new Uint8Array(count);
      for (const at of area) isSelected[at] = 1;
      $("area-count").textContent = `${counted(area.length, "key")} selected`;
      const items = area.slice(0, SHOWN).map((at) => node("li", oneLine(titles[at], 200)));
      for (const item of items) item.dir = "auto";
      if (area.length > SHOWN) items.push(node("li", `and ${number.format(area.length - SHOWN)} more`));
      $("area-keys").replaceChildren(...items);
      say(`${counted(area.length, "key")} selected`);
    }
    $("area").hidden = !area;
    askFrame();
  }

  function selectAll(test) {
    const found = [];
    for (let at = 0; at < count; at++) if (test(at)) found.push(at);
    Plotly.restyle(chart, { selectedpoints: [found.length ? found : null] });
    show(found);
  }

  async function copy() {
    if (!area) return say("Nothing is selected");
    const keys = area.map((at) => names[at]);
    const text = keys.some((key) => /[\r\n]/.test(key)) ? JSON.stringify(keys) : keys.join("\n");
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const field = node("textarea", text); // where the page may not use the clipboard by itself
      document.body.append(field);
      field.select();
      const isDone = document.execCommand("copy");
      field.remove();
      if (!isDone) return say("The browser does not let this page copy");
    }
    say(`${counted(keys.length, "key")} copied`);
  }

  let mode = "pan";
  let outline = null; // corners of the area that is being drawn, in the map's units
  function setMode(next) {
    mode = next;
    outline = null;
    marks.classList.toggle("selecting", mode !== "pan");
    for (const button of $("tools").querySelectorAll("[data-mode]")) {
      button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
    }
    askFrame();
  }

  function extend(spot) {
    const here = unitsOf(spot);
    const [first] = outline;
    if (mode === "lasso") outline.push(here);
    else outline = [first, { x: here.x, y: first.y }, here, { x: first.x, y: here.y }];
    askFrame();
  }

  // A point is inside where a line from it to the right crosses the outline an odd number of times.
  function selectInside(corners) {
    const [low, high] = limits(corners.map((corner) => corner.y));
    selectAll((at) => {
      if (y[at] < low || y[at] > high) return false;
      let isInside = false;
      for (let one = 0, before = corners.length - 1; one < corners.length; before = one++) {
        const [a, b] = [corners[one], corners[before]];
        if (a.y > y[at] !== b.y > y[at] && x[at] < ((b.x - a.x) * (y[at] - a.y)) / (b.y - a.y) + a.x) isInside = !isInside;
      }
      return isInside;
    });
    if (!area) say("No key is in there");
  }

  // ---- search ----

  const MOST_FOUND = 50;
  let lowered = null;
  let found = [];
  let active = -1;

  function search(text) {
    const asked = text.trim().toLowerCase();
    if (!asked) return close();
    lowered ||= titles.slice(0, count).map((title, at) => [title, ...(titles === names ? [] : [names[at]])].map((one) => one.toLowerCase()));
    const ranks = [[], [], []];
    for (let at = 0; at < count; at++) {
      let rank = 3;
      for (const one of lowered[at]) {
        const place = one.indexOf(asked);
        if (place >= 0) rank = Math.min(rank, place > 0 ? 2 : one.length > asked.length ? 1 : 0);
      }
      if (rank < 3 && ranks[rank].length < MOST_FOUND) ranks[rank].push(at);
    }
    found = ranks.flat().slice(0, MOST_FOUND);
    const items = found.map((at, place) => {
      const item = node("li", oneLine(titles[at], 200));
      item.id = `found-${place}`;
      item.dir = "auto";
      item.setAttribute("role", "option");
      item.addEventListener("pointerdown", (event) => event.preventDefault());
      item.addEventListener("click", () => take(place));
      return item;
    });
    $("found").replaceChildren(...(items.length ? items : [node("li", "No such key on the map")]));
    $("found").hidden = false;
    $("search").setAttribute("aria-expanded", "true");
    activate(found.length ? 0 : -1);
  }

  function activate(place) {
    active = place;
    for (const [at, item] of [...$("found").children].entries()) item.setAttribute("aria-selected", String(at === place));
    if (place >= 0) {
      $("search").setAttribute("aria-activedescendant", `found-${place}`);
      $(`found-${place}`).scrollIntoView({ block: "nearest" });
    } else $("search").removeAttribute("aria-activedescendant");
  }

  function close() {
    $("found").hidden = true;
    $("search").setAttribute("aria-expanded", "false");
    found = [];
    activate(-1);
  }

  function take(place) {
    const at = found[place];
    if (at === undefined) return;
    close();
    $("search").value = oneLine(titles[at], 60);
    choose(at);
    map.focus();
    flyTo({ x: x[at], y: y[at], scale: Math.max(view.scale, wholeScale() * 4) });
  }

  $("search").addEventListener("input", (event) => search(event.target.value));
  $("search").addEventListener("blur", () => setTimeout(close, 150));
  $("search").addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      close();
      map.focus();
    } else if (event.key === "Enter" && active >= 0) take(active);
    else if (event.key === "ArrowDown" && found.length) activate((active + 1) % found.length);
    else if (event.key === "ArrowUp" && found.length) activate((active + found.length - 1) % found.length);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  // ---- mouse, fingers and keyboard ----

  const fingers = new Map();
  let moved = 0;
  const spot = (event) => {
    const box = map.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };

  marks.addEventListener("pointerdown", (event) => {
    if (event.button > 0) return;
    cancelAnimationFrame(flight);
    marks.setPointerCapture(event.pointerId);
    if (!fingers.size) moved = 0;
    outline = mode === "pan" || fingers.size ? null : [unitsOf(spot(event))];
    fingers.set(event.pointerId, spot(event));
    map.focus({ preventScroll: true });
  });
  marks.addEventListener("pointermove", (event) => {
    const here = spot(event);
    const before = fingers.get(event.pointerId);
    if (!before) {
      const at = nearestTo(here.x, here.y, 9);
      if (at !== hovered) {
        hovered = at;
        marks.classList.toggle("on-key", at >= 0);
        askFrame();
      }
      return;
    }
    moved += Math.hypot(here.x - before.x, here.y - before.y);
    fingers.set(event.pointerId, here);
    if (moved < 5) return;
    if (outline) return extend(here);
    marks.classList.add("dragging");
    const others = [...fingers].filter(([id]) => id !== event.pointerId).map(([, one]) => one);
    if (!others.length) return look(pixelsToUnits(here.x - before.x, here.y - before.y));
    const [other] = others;
    const spread = (one) => Math.max(Math.hypot(one.x - other.x, one.y - other.y), 1);
    zoom(spread(here) / spread(before), (here.x + other.x) / 2, (here.y + other.y) / 2);
    look(pixelsToUnits((here.x - before.x) / 2, (here.y - before.y) / 2));
  });
  const release = (event) => {
    if (!fingers.delete(event.pointerId)) return;
    marks.classList.remove("dragging");
    const corners = outline;
    outline = null;
    askFrame();
    if (event.type === "pointerup" && corners && moved >= 5) selectInside(corners);
    if (event.type === "pointerup" && moved < 5 && !fingers.size) {
      const { x: px, y: py } = spot(event);
      choose(nearestTo(px, py, event.pointerType === "touch" ? 22 : 12));
    }
  };
  marks.addEventListener("pointerup", release);
  marks.addEventListener("pointercancel", release);
  marks.addEventListener("pointerleave", () => {
    hovered = -1;
    askFrame();
  });
  map.addEventListener("wheel", (event) => {
    event.preventDefault();
    cancelAnimationFrame(flight);
    const { x: px, y: py } = spot(event);
    const lines = event.deltaY * (event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1);
    zoom(Math.exp(-Math.min(Math.max(lines, -240), 240) * (event.ctrlKey ? 0.01 : 0.0022)), px, py);
  }, { passive: false });

  const MOVES = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  const letGo = () => {
    if (outline) outline = null;
    else if (area) selectAll(() => false);
    else choose(-1);
    askFrame();
  };
  const KEYS = {
    "/": () => $("search").select(),
    "+": () => zoom(1.5),
    "=": () => zoom(1.5),
    "-": () => zoom(1 / 1.5),
    0: () => flyTo(wholeView()),
    a: () => selectAll((at) => isInView(at)),
    c: copy,
    p: () => setMode("pan"),
    b: () => setMode("box"),
    l: () => setMode("lasso"),
    d: () => setScheme(isDark() ? "light" : "dark"),
    "?": () => $("help").showModal(),
    Escape: letGo,
  };
  document.addEventListener("keydown", (event) => {
    const target = event.target;
    if (event.ctrlKey || event.metaKey || event.altKey || $("help").open) return;
    if (target.matches("input, select, textarea")) return;
    const isOnMap = target === map || target === document.body;
    if (isOnMap && MOVES[event.key]) {
      const step = Math.min(width, height) * (event.shiftKey ? 0.5 : 0.12);
      look(pixelsToUnits(MOVES[event.key][0] * step, MOVES[event.key][1] * step));
    } else if (isOnMap && event.key === "Enter") choose(nearestTo(width / 2, height / 2, Infinity));
    else if (Object.hasOwn(KEYS, event.key)) KEYS[event.key]();
    else return;
    event.preventDefault();
  });

  // ---- dark and light ----

  function setScheme(scheme) {
    root.dataset.scheme = scheme;
    written.clear();
    inks = Object.fromEntries(["ink", "faint", "accent", "halo", "none"].map((name) => [name, colour(name)]));
    if (chart.data) paint();
  }
  function paint() {
    Plotly.restyle(chart, { marker: [marker()] });
    showLegend();
    askFrame();
  }
  const wish = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => setScheme(wish.matches ? "dark" : "light");
  wish.addEventListener("change", follow);
  follow();

  // ---- the page ----

  $("title").textContent = about.title;
  $("note").textContent = about.note;
  $("scheme").addEventListener("click", KEYS.d);
  $("help-open").addEventListener("click", KEYS["?"]);
  $("closer").addEventListener("click", KEYS["+"]);
  $("farther").addEventListener("click", KEYS["-"]);
  $("whole").addEventListener("click", KEYS[0]);
  $("copy").addEventListener("click", copy);
  $("key-close").addEventListener("click", () => choose(-1));
  $("area-close").addEventListener("click", () => selectAll(() => false));
  for (const button of $("tools").querySelectorAll("[data-mode]")) {
    button.addEventListener("click", () => setMode(button.dataset.mode));
  }
  for (const [at, one] of columns.entries()) $("column").append(new Option(one.name, at));
  $("column").append(new Option("none", -1));
  $("column").addEventListener("change", (event) => {
    column = columns[event.target.value] || null;
    paint();
  });

  const hasWebGL = Boolean(document.createElement("canvas").getContext("webgl"));
  const axis = { visible: false, fixedrange: false };
  await Plotly.newPlot(
    chart,
    [{
      type: hasWebGL ? "scattergl" : "scatter",
      mode: "markers",
      x,
      y,
      hoverinfo: "skip",
      marker: marker(),
      unselected: { marker: { opacity: 0.08 } },
    }],
    {
      width,
      height,
      margin: { l: 0, r: 0, t: 0, b: 0 },
      xaxis: { ...axis, range: ranges()["xaxis.range"] },
      yaxis: { ...axis, range: ranges()["yaxis.range"] },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      dragmode: false,
      hovermode: false,
      showlegend: false,
    },
    { displayModeBar: false, scrollZoom: false, doubleClick: false, plotGlPixelRatio: window.devicePixelRatio || 1 },
  );
  new ResizeObserver(() => {
    if (width === map.clientWidth && height === map.clientHeight) return;
    const scale = view.scale / wholeScale();
    width = map.clientWidth;
    height = map.clientHeight;
    view = { ...view, scale: wholeScale() * scale };
    redraw({ width, height });
  }).observe(map);
  showLegend();
  frame();
  $("wait").hidden = true;
  if (!hasWebGL) say("This browser has no WebGL: large maps are slow");
  requestAnimationFrame(() => requestAnimationFrame(() => (root.dataset.ready = Math.round(performance.now()))));
})();
