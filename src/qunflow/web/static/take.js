// Opens WeChat's page to take a transfer; when the person is back, the server is asked what became of it.
(function () {
  "use strict";
  Array.prototype.forEach.call(document.querySelectorAll("[data-take]"), function (form) {
    var button = form.querySelector("[data-values]"), said = form.querySelector("[role=status]");
    if (!button) return;
    button.addEventListener("click", function () {
      if (!window.WeixinJSBridge) { said.textContent = button.dataset.elsewhere; return; }
      button.disabled = true;
      window.WeixinJSBridge.invoke("requestMerchantTransfer", JSON.parse(button.dataset.values), function (result) {
        var answer = String(result && result.err_msg);
        button.disabled = false;
        if (/:(ok|cancel)$/.test(answer)) { form.submit(); return; }
        said.textContent = button.dataset.failed;
      });
    });
  });
})();
