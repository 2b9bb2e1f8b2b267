/* Care Atlas: keeps a section of an example while somebody writes. Without a script the Save button does it. */
(function () {
  "use strict";
  var PAUSE = 1500;

  document.querySelectorAll("form[data-autosave]").forEach(function (form) {
    var said = form.querySelector("[data-saved]"), timer, isSending = false, isAgain = false, isOff = false, isLeaving = false, isStale = false;
    var last = words();

    function words() {
      var all = new FormData(form);
      all.delete("version"); all.delete("csrfmiddlewaretoken");
      return new URLSearchParams(all).toString();
    }
    function say(text) { said.textContent = text; }
    function wrong(faults) {
      form.querySelectorAll("[data-wrong]").forEach(function (place) {
        var text = faults[place.dataset.wrong] || "", field = form.elements[place.dataset.wrong];
        place.textContent = text; place.hidden = !text;
        if (field && field.setAttribute) { if (text) { field.setAttribute("aria-invalid", "true"); } else { field.removeAttribute("aria-invalid"); } }
      });
    }
    function later() {
      if (isOff) { return; }
      clearTimeout(timer);
      timer = setTimeout(send, PAUSE);
    }
    /* After signing in again in another tab the form's own token is an old one: ask this page for its token of now. */
    function renewed() {
      if (!isStale) { return Promise.resolve(); }
      return fetch(form.action, { redirect: "manual" })
        .then(function (answer) { return answer.ok ? answer.text() : ""; })
        .then(function (page) {
          var token = new DOMParser().parseFromString(page, "text/html").querySelector("[name=csrfmiddlewaretoken]");
          if (token) { form.elements.csrfmiddlewaretoken.value = token.value; last = null; isStale = false; }
        });
    }
    function sent() {
      return fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { "Accept": "application/json" }, redirect: "manual" })
        .then(function (answer) {
          var isOurs = (answer.headers.get("Content-Type") || "").indexOf("application/json") === 0;
          return isOurs ? answer.json().then(function (told) { return { status: answer.status, told: told }; }) : { status: 0 };
        });
    }
    function heard(answer, now) {
      if (answer.status === 200) { last = now; form.elements.version.value = answer.told.version; wrong({}); say("Saved " + answer.told.saved); }
      else if (answer.status === 422) { wrong(answer.told.wrong); say("Not saved yet: see what is marked."); }
      else if (answer.status === 409) { isOff = true; say("Somebody else changed this meanwhile. Press Save to see both."); }
      else { isStale = true; say("Not saved: you are no longer signed in. Keep this page open, sign in in another tab, and write on here."); }
    }
    function send() {
      if (isOff || isLeaving || (words() === last && !isStale)) { return; }
      if (isSending) { isAgain = true; return; }
      isSending = true;
      var now;
      renewed()
        .then(function () { now = words(); return sent(); })
        .then(function (answer) { heard(answer, now); })
        .catch(function () { say("Not saved: no answer. It is tried again when you write on."); })
        .then(function () { isSending = false; if (isAgain) { isAgain = false; later(); } });
    }
    form.addEventListener("input", later);
    form.addEventListener("change", later);
    form.addEventListener("submit", function () { isLeaving = true; clearTimeout(timer); });
    window.addEventListener("beforeunload", function (event) {
      if (!isLeaving && words() !== last) { event.preventDefault(); }
    });
  });
})();
