// The phone: one person, what they hold before the camera, their groups, their messages, their proof.
"use strict";
(function () {
  var S = SANDBOX, t = S.t;
  var person = document.getElementById("person"), inbox = document.getElementById("inbox");
  var chats = document.getElementById("chats"), pages = document.getElementById("pages");
  var to = document.forms.say.elements.to, proofPage = document.getElementById("proof-page");
  var shown = 0, opened = [], contacts = {};

  function tell(text, bad) { S.say("phone-said", text, bad); }
  async function guarded(act) { try { await act(); } catch (error) { tell(error.message, true); } }

  function choose(id) {
    S.offer(person, "phones", id);
    shown = 0; opened = []; contacts = {};
    inbox.replaceChildren(); pages.replaceChildren(); proofPage.replaceChildren();
    refresh();
  }
  person.addEventListener("change", function () { choose(person.value); });
  document.getElementById("new-person").addEventListener("submit", function (event) {
    event.preventDefault();
    guarded(async function () {
      var form = event.target, made = await S.call("POST", "/phone/new", { phone: "p" + Date.now().toString(36), name: form.elements.name.value });
      S.keep("phones", made.phone);
      form.reset();
      choose(made.phone);
      tell(t("made", { name: made.phone }));
    });
  });

  // What a camera sees: a code of the platform is scanned, any other address is a page.
  async function hold(text) {
    if (!person.value) { tell(t("choose_person"), true); return; }
    text = text.trim();
    if (!text) return;
    if (text.indexOf(S.base + "/qr/") === 0) text = (await S.call("POST", "/browser/read?" + new URLSearchParams({ url: text }))).text;
    var found = await S.call("POST", "/phone/scan", { phone: person.value, qr: text });
    if (found.kind === "unknown" && S.web(text)) { openPage(text, text); tell(t("page_ready")); } else tell(t("scan_" + found.kind));
    refresh();
  }
  function openPage(text, url) {
    if (opened.indexOf(url) >= 0) return;
    opened.push(url);
    var row = S.make("li");
    row.append(S.link(text, url));
    pages.append(row);
    var parts = new URL(url), match = /^\/p\/([^/]+)$/.exec(parts.pathname);
    if (match) proofPage.add(new Option(text.slice(0, 60), parts.origin + "/p/" + match[1] + "/submit"));
  }
  document.getElementById("scan").addEventListener("submit", function (event) {
    event.preventDefault();
    guarded(async function () { await hold(event.target.elements.qr.value); event.target.reset(); });
  });
  document.getElementById("scan-picture").addEventListener("change", function (event) {
    var file = event.target.files[0];
    if (!file) return;
    guarded(async function () {
      var answer = await fetch("/browser/read", { method: "POST", headers: { "content-type": "application/octet-stream" }, body: file });
      var found = await answer.json();
      if (!answer.ok) throw new Error([found.rule, found.way_out].filter(Boolean).join(" "));
      await hold(found.text);
      event.target.value = "";
    });
  });
  document.getElementById("proof").addEventListener("submit", function (event) {
    var form = event.target;
    if (!proofPage.value) { event.preventDefault(); tell(t("no_proof_page"), true); return; }
    form.action = proofPage.value;
    form.elements.nonce.value = Date.now().toString(36) + Math.random().toString(36).slice(2, 8);
  });
  document.forms.say.addEventListener("submit", function (event) {
    event.preventDefault();
    guarded(async function () {
      var form = event.target, where = form.elements.to.value.split(":");
      if (!where[1]) { tell(t("nobody_to"), true); return; }
      var body = { phone: person.value, text: form.elements.text.value };
      body[where[0] === "chat" ? "chat_id" : "userid"] = where.slice(1).join(":");
      await S.call("POST", "/phone/say", body);
      form.elements.text.value = "";
      tell(t("sent"));
    });
  });

  function attachment(item) {
    var kind = item.msgtype, value = item[kind] || {}, row = S.make("div");
    if (kind === "link") {
      row.append(S.link(value.title, value.url));
      if (value.desc) row.append(S.make("div", value.desc, { class: "quiet" }));
      if (S.web(value.url)) openPage(value.title || value.url, value.url);
    } else if (kind === "image") {
      var image = S.picture(value.url || value.pic_url);
      row.append(image || S.make("span", t("picture")));
      var code = value.qr || value.url || "";
      if (value.qr || code.indexOf(S.base + "/qr/") === 0) row.append(S.button(t("scan_this"), function () { guarded(function () { return hold(code); }); }));
    } else row.append(S.make("span", "[" + kind + "] " + (value.title || value.filename || "")));
    return row;
  }
  function links(text) { (text.match(/https?:\/\/[^\s<>"'，。；）)]+/g) || []).forEach(function (url) { openPage(url, url); }); }
  function line(message) {
    var row = S.make("li"), where = message.chat_id ? t("in_group", { name: message.from_name || "" }) : message.from_name || message.from || "";
    row.append(S.make("div", where + " · " + t("kind_" + (message.kind || "chat")), { class: "who" }));
    if (message.text) row.append(S.make("div", message.text));
    (message.attachments || []).forEach(function (item) { row.append(attachment(item)); });
    if (message.text) links(message.text);  // after the attachments: a page that has a title is listed by it
    if (!message.chat_id && message.from) contacts[message.from] = message.from_name || message.from;
    return row;
  }
  function group(chat) {
    var row = S.make("li", chat.chat_name + " · " + t("members", { count: chat.members }));
    if (chat.notice) row.append(S.make("div", chat.notice, { class: "quiet" }));
    row.append(S.make("div"), S.button(t("leave"), function () {
      guarded(async function () { await S.call("POST", "/phone/leave", { phone: person.value, chat_id: chat.chat_id }); tell(t("left")); refresh(); });
    }, "hard"));
    return row;
  }
  function offerTalks(groups) {
    var before = to.value, options = Object.keys(contacts).map(function (id) { return new Option(contacts[id], "staff:" + id); });
    groups.forEach(function (chat) { options.push(new Option(chat.chat_name, "chat:" + chat.chat_id)); });
    to.replaceChildren.apply(to, options);
    if (before) to.value = before;
  }
  var refresh = S.every(async function () {
    if (!person.value) { S.fill(chats, [], t("no_groups")); return; }
    var who = person.value, found = await S.call("GET", "/phone/inbox", { phone: who, after: shown });
    if (who !== person.value) return;
    found.messages.forEach(function (message) { if (message.number > shown) { inbox.append(line(message)); shown = message.number; } });
    if (found.messages.length) inbox.scrollTop = inbox.scrollHeight;
    var groups = (await S.call("GET", "/phone/chats", { phone: who })).chats;
    S.fill(chats, groups.map(group), t("no_groups"));
    offerTalks(groups);
  });
  S.keep("phones", S.named("phone"));
  choose(S.named("phone") || S.kept("phones").slice(-1)[0] || "");
})();
