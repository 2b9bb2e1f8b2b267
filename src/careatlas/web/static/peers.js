/* Care Atlas: sets of peers kept under a name in this browser. The address alone keeps a set too, without a script. */
(function () {
  "use strict";
  var KEY = "careatlas.peers";

  function read() {
    try { return JSON.parse(localStorage.getItem(KEY)) || {}; } catch (fault) { return {}; }
  }
  function write(kept) {
    try { localStorage.setItem(KEY, JSON.stringify(kept)); return true; } catch (fault) { return false; }
  }
  function make(tag, text, attributes) {
    var one = document.createElement(tag);
    if (text) { one.textContent = text; }
    Object.keys(attributes || {}).forEach(function (name) { one.setAttribute(name, attributes[name]); });
    return one;
  }

  document.querySelectorAll(".own-sets").forEach(function (place) {
    var kind = place.dataset.kind, area = place.dataset.area, page = place.dataset.page, set = place.dataset.set;
    var said = make("p", "", { role: "status", "class": "small" });

    /* One set may be used on many areas' pages: on its own page an area is left out of it. */
    function address(codes) {
      var others = codes.filter(function (code) { return code !== area; });
      return others.length ? page + "?peers=" + others.map(encodeURIComponent).join(",") + "#peers" : "";
    }
    function form() {
      var one = make("form", "", { "class": "choose" }), box = make("div");
      box.appendChild(make("label", "Keep this set in this browser under the name", { "for": "set-name" }));
      box.appendChild(make("input", "", { id: "set-name", maxlength: "60", required: "", autocomplete: "off" }));
      one.appendChild(box);
      one.appendChild(make("button", "Keep", { "class": "button", type: "submit" }));
      one.addEventListener("submit", function (event) {
        event.preventDefault();
        var name = document.getElementById("set-name").value.trim(), kept = read();
        if (!name) { return; }
        kept[kind] = kept[kind] || {};
        kept[kind][name] = set.split(",");
        var isKept = write(kept);
        show();
        said.textContent = isKept ? "Kept as " + name + "." : "This browser keeps nothing: share the address of the page instead.";
      });
      return one;
    }
    function list(sets) {
      var all = make("ul", "", { "class": "list", "aria-label": "Sets kept in this browser" });
      Object.keys(sets).sort().forEach(function (name) {
        var item = make("li"), to = address(sets[name]), forget = make("button", "Forget", { type: "button", "class": "plain", "aria-label": "Forget " + name });
        item.appendChild(to ? make("a", name, { href: to }) : make("span", name));
        item.appendChild(document.createTextNode(" "));
        forget.addEventListener("click", function () {
          var kept = read();
          delete (kept[kind] || {})[name];
          write(kept);
          show();
          said.textContent = name + " is forgotten.";
        });
        item.appendChild(forget);
        all.appendChild(item);
      });
      return all;
    }
    function show() {
      var sets = read()[kind] || {}, isAny = Object.keys(sets).length > 0;
      place.textContent = "";
      if (isAny) { place.appendChild(make("h4", "Sets you kept")); place.appendChild(list(sets)); }
      if (set) { place.appendChild(form()); }
      place.appendChild(said);
      place.hidden = !isAny && !set && !said.textContent;
    }
    show();
  });
})();
