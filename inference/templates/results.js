"use strict";

/** Give a block of results its filters and the highlighting of sources. Without it all is still there to read. */
function enhanceResults(root) {
  const filters = root.querySelector(".filters");
  const status = root.querySelector(".status");
  const documents = Array.from(root.querySelectorAll(".analysis"));
  const sentences = Array.from(root.querySelectorAll(".sentence"));

  const holds = (sentence, facet, wanted) => (sentence.dataset[facet] || "").split(" ").includes(wanted);

  function isShown(sentence) {
    const types = Array.from(filters.querySelectorAll("[name=type]:checked"), (box) => box.value);
    if (types.length && !types.some((type) => holds(sentence, "types", type))) return false;
    const actor = filters.elements.actor?.value;
    if (actor && !holds(sentence, "actors", actor)) return false;
    const deadline = filters.elements.deadline?.value;
    if (deadline === "any") return sentence.dataset.deadlines !== undefined;
    return !deadline || holds(sentence, "deadlines", deadline);
  }

  function applyFilters() {
    let count = 0;
    for (const sentence of sentences) {
      sentence.hidden = !isShown(sentence);
      count += sentence.hidden ? 0 : 1;
    }
    const isFiltered = count < sentences.length;
    for (const part of documents) {
      part.hidden = isFiltered && documents.length > 1 && !part.querySelector(".sentence:not([hidden])");
    }
    status.textContent = isFiltered ? `${count} of ${sentences.length} sentences` : `all ${count} sentences`;
  }

  function highlight(chosen) {
    for (const lit of root.querySelectorAll(".lit")) lit.classList.remove("lit");
    if (!chosen) return;
    const links = chosen.matches("a") ? [chosen] : chosen.querySelectorAll("a");
    for (const link of links) document.getElementById(link.hash.slice(1))?.classList.add("lit");
    chosen.closest(".abstract-sentence")?.classList.add("lit");
  }

  const REFERENCES = ".abstract-sentence, .abstract-sentence a, a.cited";
  for (const event of ["mouseover", "focusin"]) {
    root.addEventListener(event, ({ target }) => highlight(target.closest(REFERENCES)));
  }
  root.addEventListener("mouseleave", () => highlight(null));
  root.addEventListener("click", ({ target }) => {
    const link = target.closest("a[href^='#']");
    // What a filter hides cannot be scrolled to.
    if (link && document.getElementById(link.hash.slice(1))?.closest("[hidden]")) {
      filters.reset();
      applyFilters();
    }
  });
  filters.addEventListener("change", applyFilters);
  // The boxes are empty only after the event.
  filters.addEventListener("reset", () => setTimeout(applyFilters));
  filters.addEventListener("submit", (event) => event.preventDefault());
  filters.hidden = false;
  applyFilters();
}

document.querySelectorAll(".results").forEach(enhanceResults);
