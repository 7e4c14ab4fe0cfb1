// Opens the payment that this page holds inside WeChat; elsewhere it says where to pay.
(function () {
  "use strict";
  var button = document.getElementById("pay");
  if (!button) return;
  var said = document.getElementById("pay-said");
  button.addEventListener("click", function () {
    if (!window.WeixinJSBridge) { said.textContent = button.dataset.elsewhere; return; }
    window.WeixinJSBridge.invoke("getBrandWCPayRequest", JSON.parse(button.dataset.values), function (result) {
      if (result.err_msg === "get_brand_wcpay_request:ok") window.location.reload();
    });
  });
})();
