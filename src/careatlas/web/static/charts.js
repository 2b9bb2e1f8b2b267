/* Care Atlas: pictures become live charts, linked to one another and to the table's rows.
   A picture that cannot be replaced simply stays. */
(function () {
  "use strict";
  if (!window.vegaEmbed) { return; }
  var views = [], lit = "", phone = window.matchMedia("(max-width: 40em)").matches;
  var rows = {};
  document.querySelectorAll("tr[data-area]").forEach(function (row) { rows[row.dataset.area] = row; });

  /* Pointing at an area in a chart or a row shows it in all of them. */
  function light(area) {
    if (area === lit) { return; }
    if (rows[lit]) { rows[lit].classList.remove("lit"); }
    lit = area;
    if (rows[lit]) { rows[lit].classList.add("lit"); }
    views.forEach(function (view) { view.signal("highlight", area).runAsync(); });
  }
  function areaOf(item) { return item && item.datum && (item.datum.area || item.datum.id) || ""; }

  /* Choosing an area in a chart is the same as choosing it in the form above. */
  function choose(area) {
    var select = document.getElementById("area");
    if (!select || !area || !select.querySelector('option[value="' + CSS.escape(area) + '"]')) { return; }
    var asked = new URLSearchParams(new FormData(select.form));
    asked.set("area", area);
    location.assign(select.form.action.split("?")[0] + "?" + asked + "#compare");
  }

  function draw(figure) {
    var picture = figure.querySelector("picture"), place = document.createElement("div");
    place.className = "live"; place.hidden = true;
    picture.after(place);
    fetch(phone ? figure.dataset.specPhone : figure.dataset.spec)
      .then(function (answer) { if (!answer.ok) { throw new Error("no chart"); } return answer.json(); })
      .then(function (spec) {
        return window.vegaEmbed(place, spec, {
          ast: true, renderer: "svg", actions: false, defaultStyle: false, tooltip: { disableDefaultStyle: true },
          logLevel: 1 /* errors only: a chart without a single value is not a fault */
        });
      })
      .then(function (made) {
        views.push(made.view);
        if (lit) { made.view.signal("highlight", lit).runAsync(); }
        made.view.addEventListener("mouseover", function (_, item) { light(areaOf(item)); });
        made.view.addEventListener("mouseout", function () { light(""); });
        made.view.addEventListener("click", function (_, item) { choose(areaOf(item)); });
        place.hidden = false; picture.hidden = true; figure.dataset.live = "yes";
      })
      .catch(function () { place.remove(); });
  }

  Object.keys(rows).forEach(function (area) {
    var row = rows[area];
    row.addEventListener("mouseenter", function () { light(area); });
    row.addEventListener("mouseleave", function () { light(""); });
    row.addEventListener("focusin", function () { light(area); });
    row.addEventListener("focusout", function () { light(""); });
  });

  var seen = new IntersectionObserver(function (entries) {
    entries.forEach(function (entry) {
      if (entry.isIntersecting) { seen.unobserve(entry.target); draw(entry.target); }
    });
  }, { rootMargin: "300px" });
  document.querySelectorAll("figure[data-spec]").forEach(function (figure) { seen.observe(figure); });
})();
