// One tap from a to-do's page into the client: signs the page with it, then opens or makes the chat.
(function () {
  "use strict";
  var button = document.getElementById("tap");
  if (!button) return;
  var config = JSON.parse(button.dataset.config);
  var said = document.getElementById("tap-said");
  function failed() { button.disabled = true; said.textContent = button.dataset.failed; }
  if (!window.wx) { failed(); return; }
  wx.config(config.corp);
  wx.error(failed);
  wx.ready(function () {
    var agent = config.agent;
    agent.success = function () { button.disabled = false; };
    agent.fail = failed;
    wx.agentConfig(agent);
  });
  button.addEventListener("click", function () {
    var chat = config.open;
    chat.success = function () { said.textContent = ""; };
    chat.fail = failed;
    wx.openEnterpriseChat(chat);
  });
})();
