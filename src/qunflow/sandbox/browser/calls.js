// What phone and desk share: calls to the sandbox, texts, and making elements whose content is always text.
"use strict";
var SANDBOX = (function () {
  var said = JSON.parse(document.body.dataset.said);
  var base = document.body.dataset.base;

  function t(code, values) {
    return (said[code] || code).replace(/\{(\w+)\}/g, function (whole, name) {
      return values && name in values ? String(values[name]) : whole;
    });
  }
  async function call(method, path, data) {
    var options = { method: method, headers: {} };
    if (method === "POST") {
      options.headers["content-type"] = "application/json";
      options.body = JSON.stringify(data || {});
    } else if (data) {
      path += "?" + new URLSearchParams(data).toString();
    }
    var answer = await fetch(path, options);
    var found = await answer.json().catch(function () { return {}; });
    if (!answer.ok) throw new Error([found.field, found.rule, found.way_out].filter(Boolean).join(" ") || String(answer.status));
    return found;
  }
  function make(tag, text, attributes) {
    var element = document.createElement(tag);
    if (text !== undefined && text !== "") element.textContent = text;
    Object.keys(attributes || {}).forEach(function (name) { element.setAttribute(name, attributes[name]); });
    return element;
  }
  function button(text, act, sort) {
    var made = make("button", text, { type: "button", class: sort || "second" });
    made.addEventListener("click", act);
    return made;
  }
  function web(url) { return /^https?:\/\//.test(url || "") ? url : ""; }
  function link(text, url) {
    return web(url) ? make("a", text || url, { href: url, target: "_blank", rel: "noopener noreferrer" }) : make("span", text || url);
  }
  // Pictures of the sandbox are shown from this very address, whatever name it has in codes; others are not fetched.
  function picture(url) {
    if (!url || url.indexOf(base + "/") !== 0) return null;
    return make("img", "", { src: url.slice(base.length), alt: t("picture"), loading: "lazy" });
  }
  function say(id, text, bad) {
    var place = document.getElementById(id);
    place.textContent = text;
    place.className = bad ? "said bad" : "said";
  }
  function fill(place, items, empty) {
    place.replaceChildren.apply(place, items.length ? items : [make("li", empty, { class: "empty" })]);
  }
  function kept(name) {
    try { return JSON.parse(localStorage.getItem(name) || "[]"); } catch (error) { return []; }
  }
  function keep(name, id) {
    var all = kept(name);
    if (id && all.indexOf(id) < 0) all.push(id);
    localStorage.setItem(name, JSON.stringify(all.slice(-200)));
  }
  function offer(select, name, chosen) {
    while (select.options.length > 1) select.remove(1);
    kept(name).forEach(function (id) { select.add(new Option(id, id, false, id === chosen)); });
    if (chosen) select.value = chosen;
  }
  // ?phone=p1&staff=amy in the address chooses somebody who was made elsewhere.
  function named(parameter) { return (new URLSearchParams(location.search).get(parameter) || "").slice(0, 64); }
  function every(act) {
    var busy = false;
    async function turn() {
      if (busy || document.hidden) return;
      busy = true;
      try { await act(); } catch (error) { /* the next turn tries again; what people press tells its own error */ }
      busy = false;
    }
    setInterval(turn, 2000);
    return turn;
  }
  every(async function () {
    var status = await call("GET", "/status");
    document.getElementById("state").textContent = t("state", { now: status.now.slice(0, 16), groups: status.groups || 0, pending: status.pending_callbacks });
  })();
  return { t: t, call: call, make: make, button: button, link: link, picture: picture, say: say, fill: fill, keep: keep, kept: kept, offer: offer, every: every, named: named, web: web, base: base };
})();
