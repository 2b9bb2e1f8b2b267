/* Care Atlas: what every page does more comfortably with a script. Everything here also works without one. */
(function () {
  "use strict";

  /* A choice made with the mouse or a finger is sent at once. By keyboard a list is walked through, and leaving it
     must not throw the reader to another page: there the button sends. */
  document.querySelectorAll("form[data-send-at-once] select").forEach(function (select) {
    var byPointer = false;
    select.addEventListener("pointerdown", function () { byPointer = true; });
    select.addEventListener("keydown", function () { byPointer = false; });
    select.addEventListener("change", function () { if (byPointer) { select.form.requestSubmit(); } });
  });

  /* Suggestions under the search boxes: topics first, then places. */
  document.querySelectorAll(".suggest input").forEach(function (input, n) {
    var list = document.createElement("ul"), timer, asked = 0, active = -1;
    list.className = "suggestions"; list.id = "suggestions-" + n; list.hidden = true;
    list.setAttribute("role", "listbox"); list.setAttribute("aria-label", "Suggestions");
    input.setAttribute("role", "combobox"); input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", "false"); input.setAttribute("aria-controls", list.id);
    input.parentNode.appendChild(list);

    function close() { list.hidden = true; active = -1; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); }
    function mark(next) {
      var items = list.children;
      if (active >= 0 && items[active]) { items[active].setAttribute("aria-selected", "false"); }
      active = items.length ? (next + items.length) % items.length : -1;
      if (active < 0) { return; }
      items[active].setAttribute("aria-selected", "true");
      items[active].scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", items[active].id);
    }
    function show(found) {
      list.textContent = "";
      found.slice(0, 8).forEach(function (one, place) {
        var item = document.createElement("li"), small = document.createElement("small");
        item.id = list.id + "-" + place; item.setAttribute("role", "option"); item.setAttribute("aria-selected", "false");
        item.dataset.address = one.address; item.textContent = one.name;
        small.textContent = one.kind === "topic" ? "Topic" : one.name === one.area_name ? "Area" : (one.kind === "alias" ? "leads to " : one.kind + ", leads to ") + one.area_name;
        item.appendChild(small);
        list.appendChild(item);
      });
      active = -1; list.hidden = !list.children.length;
      input.setAttribute("aria-expanded", String(!list.hidden));
    }
    input.addEventListener("input", function () {
      clearTimeout(timer);
      var question = input.value.trim(), mine = ++asked;
      if (question.length < 2) { close(); return; }
      timer = setTimeout(function () {
        fetch("/api/v1/search?q=" + encodeURIComponent(question))
          .then(function (answer) { return answer.ok ? answer.json() : []; })
          .then(function (found) { if (mine === asked) { show(found); } })
          .catch(close);
      }, 120);
    });
    input.addEventListener("keydown", function (event) {
      if (event.key === "Escape") { close(); return; }
      if (list.hidden) { return; }
      if (event.key === "ArrowDown") { event.preventDefault(); mark(active + 1); }
      else if (event.key === "ArrowUp") { event.preventDefault(); mark(active - 1); }
      else if (event.key === "Enter" && active >= 0) { event.preventDefault(); location.assign(list.children[active].dataset.address); }
    });
    list.addEventListener("pointerdown", function (event) {
      var item = event.target.closest("li");
      if (item) { event.preventDefault(); location.assign(item.dataset.address); }
    });
    input.addEventListener("blur", close);
  });
})();
