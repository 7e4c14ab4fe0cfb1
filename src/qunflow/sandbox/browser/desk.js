// The desk: one member of staff, the cards they got, the mass sends that wait for them, and their groups.
"use strict";
(function () {
  var S = SANDBOX, t = S.t;
  var staff = document.getElementById("staff"), cards = document.getElementById("cards");
  var tasks = document.getElementById("tasks"), groups = document.getElementById("groups"), known = document.getElementById("known");
  var shown = 0, drawn = "";

  function tell(text, bad) { S.say("desk-said", text, bad); }
  function act(work) {
    return async function (event) {
      if (event) event.preventDefault();
      try { await work(event); drawn = ""; refresh(); } catch (error) { tell(error.message, true); }
    };
  }
  function choose(id) {
    S.offer(staff, "staff", id);
    shown = 0; drawn = "";
    cards.replaceChildren();
    refresh();
  }
  staff.addEventListener("change", function () { choose(staff.value); });
  document.getElementById("new-staff").addEventListener("submit", act(async function (event) {
    var form = event.target, userid = form.elements.userid.value, name = form.elements.name.value || userid;
    var there = await S.call("GET", "/staff/groups", { userid: userid }).then(function () { return true; }, function () { return false; });
    if (!there) await S.call("POST", "/staff/new", { userid: userid, name: name });
    S.keep("staff", userid);
    form.reset();
    choose(userid);
    tell(t("made", { name: userid }));
  }));
  document.getElementById("corp").addEventListener("submit", act(async function (event) {
    var fields = event.target.elements;
    var found = await S.call("POST", "/admin/corp", {
      callback_url: fields.callback_url.value.trim(), token: fields.token.value.trim(), aes_key: fields.aes_key.value.trim(),
    });
    tell(found.ok ? t("admin_saved") : t("admin_refused", { reason: found.reason }), !found.ok);
  }));
  document.getElementById("new-group").addEventListener("submit", act(async function (event) {
    var form = event.target, members = form.elements.members.value.split(/[\s,，;；]+/).filter(Boolean);
    await S.call("POST", "/staff/create_group", { userid: staff.value, name: form.elements.name.value.trim(), members: members });
    form.reset();
    tell(t("group_made"));
  }));

  function card(message) {
    var kind = message.msgtype, value = message[kind] || {}, row = S.make("li");
    row.append(S.make("strong", value.title || ""), S.make("div", value.content || value.description || ""));
    if (kind === "template_card" && value.main_title) row.append(S.make("div", value.main_title.title || ""));
    var urls = value.url ? [value.url] : (value.content || "").match(/https?:\/\/\S+/g) || [];
    urls.forEach(function (url) { row.append(S.link(t("open_card"), url)); });
    var asked = /(?:^|\n)[ \t]*(?:group|群名)[ \t]*[:：][ \t]*([^\n]{1,50})/.exec(value.content || value.description || "");
    if (asked) row.append(S.make("div"), S.button(t("make_this_group", { name: asked[1].trim() }), act(async function () {
      await S.call("POST", "/staff/create_group", { userid: staff.value, name: asked[1].trim(), members: [] });
      tell(t("group_made"));
    })));
    return row;
  }
  function task(item) {
    var row = S.make("li", item.text || t("picture"));
    row.append(S.make("div"), S.button(t("confirm"), act(async function () {
      var done = await S.call("POST", "/staff/confirm", { userid: staff.value, msgid: item.msgid });
      tell(t("confirmed", { sent: done.sent || 0 }));
    }), ""));
    return row;
  }
  function field(group, path, name, label, done, list) {
    var form = S.make("form"), input = S.make("input", "", { placeholder: label, "aria-label": label, maxlength: "1000" });
    if (list) input.setAttribute("list", list);
    form.append(input, S.make("button", done, { class: "second" }));
    form.addEventListener("submit", act(async function () {
      var body = { userid: staff.value, chat_id: group.chat_id };
      body[name] = input.value.trim();
      await S.call("POST", path, body);
      tell(t("done"));
    }));
    return form;
  }
  function group(item) {
    var row = S.make("li", item.chat_name + " · " + t("members", { count: item.members }));
    if (item.owner !== staff.value) { row.append(S.make("div", t("owner_is", { name: item.owner }), { class: "quiet" })); return row; }
    var more = S.make("details"), body = { userid: staff.value, chat_id: item.chat_id };
    more.append(
      S.make("summary", t("manage")),
      S.make("div", item.chat_id, { class: "quiet" }),
      field(item, "/staff/rename", "name", t("new_name"), t("rename")),
      field(item, "/staff/notice", "notice", t("new_notice"), t("put_notice")),
      field(item, "/staff/remove_member", "external_userid", t("member_id"), t("remove"), "known"),
      S.button(t("show_qr"), async function () {
        try {
          var code = await S.call("POST", "/staff/group_qr", body);
          more.append(S.picture(code.qr_code) || S.make("span", ""), S.make("div", code.qr, { class: "quiet" }));
        } catch (error) { tell(error.message, true); }
      }),
      S.button(t("dismiss"), act(async function () { await S.call("POST", "/staff/dismiss", body); tell(t("done")); }), "hard")
    );
    row.append(more);
    return row;
  }
  async function showKnown() {
    var found = await S.call("GET", "/staff/contacts", { userid: staff.value });
    known.replaceChildren.apply(known, found.contacts.map(function (one) { return new Option(one.name, one.external_userid); }));
  }
  var refresh = S.every(async function () {
    var who = staff.value;
    if (!who) { S.fill(tasks, [], t("no_tasks")); S.fill(groups, [], t("no_groups")); return; }
    var found = await S.call("GET", "/staff/inbox", { userid: who, after: shown });
    if (who !== staff.value) return;
    found.messages.forEach(function (message) { if (message.number > shown) { cards.append(card(message)); shown = message.number; } });
    var waiting = (await S.call("GET", "/staff/tasks", { userid: who })).tasks, own = (await S.call("GET", "/staff/groups", { userid: who })).groups;
    var now = JSON.stringify([who, waiting, own]);
    if (now === drawn) return; // what a person types into is not drawn again for nothing
    drawn = now;
    S.fill(tasks, waiting.map(task), t("no_tasks"));
    S.fill(groups, own.map(group), t("no_groups"));
    await showKnown();
  });
  S.keep("staff", S.named("staff"));
  choose(S.named("staff") || S.kept("staff").slice(-1)[0] || "");
})();
