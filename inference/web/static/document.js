/** One document: its results with editors for types and abstract, undoing, taking away. */
/* global enhanceResults */

import { abstractEditor, typesEditor } from "./editors.js";
import { download, requestJson, ServerError } from "./server.js";

const EXPORTS = {
  "annotations": ["For training (JSON Lines)", "jsonl"],
  "html": ["Web page", "html"],
  "markdown": ["Markdown", "md"],
  "xlsx": ["Excel", "xlsx"],
  "csv": ["Table (CSV)", "csv"],
  "json": ["JSON", "json"],
};
const CONFLICT = 409;

export class DocumentView {
  /** @param {HTMLElement} place where it is shown
   *  @param {{onChange: Function, onProblem: Function, onDeleted: Function}} listeners */
  constructor(place, listeners) {
    this.place = place;
    this.listeners = listeners;
    this.welcome = place.firstElementChild;
    this.document = null;
    this.editor = null;
    place.addEventListener("keydown", (event) => this.onKey(event));
    place.addEventListener("focusin", ({ target }) => this.rove(target.closest(".sentence")));
    place.addEventListener("click", ({ target }) => this.onClick(target));
  }

  async show(id) {
    this.editor = null;
    this.document = await requestJson("GET", `/v1/documents/${id}`);
    this.draw();
    this.place.scrollIntoView({ block: "start" });
    this.place.querySelector("h2").focus({ preventScroll: true });
  }

  /** Show what others changed, unless something is being written here. */
  async refresh() {
    if (!this.document || this.editor) return;
    const current = await requestJson("GET", `/v1/documents/${this.document.id}`);
    if (this.editor || JSON.stringify(current) === JSON.stringify(this.document)) return;
    this.document = current;
    this.redraw();
  }

  clear() {
    this.document = this.editor = null;
    this.place.replaceChildren(this.welcome);
  }

  hasDraft() {
    return this.editor !== null && this.editor.isChanged();
  }

  mayLeave() {
    return !this.hasDraft() || window.confirm("Leave without saving what you are correcting?");
  }

  // Drawing

  draw() {
    const block = document.createElement("div");
    // The server wrote this markup and escaped all text in it; the page's policy lets no script in it run.
    block.innerHTML = this.document.results;
    this.place.replaceChildren(this.tools(), ...block.children);
    this.root = this.place.querySelector(".results");
    this.root.querySelector("h2").tabIndex = -1;
    this.addSentenceButtons();
    this.addAbstractButton();
    enhanceResults(this.root);
    document.title = `${this.document.analysis.title || this.document.analysis.source || "Text"} – communique`;
  }

  /** Draw anew, with the same filters, at the same place. */
  redraw() {
    const filters = this.filters();
    const focused = document.activeElement?.closest(".sentence")?.id;
    const top = window.scrollY;
    this.draw();
    this.applyFilters(filters);
    window.scrollTo({ top, behavior: "instant" });
    if (focused) this.focusSentence(document.getElementById(focused));
  }

  tools() {
    const count = this.document.corrections.length;
    const tools = element("div", { className: "tools", role: "group", ariaLabel: "Document" });
    const undo = button(count ? `Undo (${count})` : "Undo", "undo", "Undo the last correction (Ctrl+Z)");
    undo.disabled = !count;
    const format = element("select", { ariaLabel: "Format of the export", name: "format" });
    format.append(...Object.entries(EXPORTS).map(([value, [label]]) => new Option(label, value)));
    // Without a correction there is nothing to train on.
    format.options[0].disabled = !count;
    format.selectedIndex = count ? 0 : 1;
    tools.append(undo, format, button("Export", "export"), button("Delete…", "delete"));
    return tools;
  }

  addSentenceButtons() {
    const corrected = new Map(this.document.corrections.map((made) => [made.sentence, made]));
    this.sentences().forEach((item, index) => {
      const types = item.querySelector(".types");
      if (corrected.has(index)) {
        types.querySelector(".unsure")?.remove();
        const before = this.document.model_types[index].join(", ") || "undecided";
        types.append(element("span", { className: "corrected-note", textContent: `corrected; model: ${before}` }));
      }
      const correct = button("Correct", "types");
      correct.className = "correct";
      correct.setAttribute("aria-label", `Correct the types of sentence ${index + 1}`);
      types.append(correct);
    });
    this.rove(this.sentences()[0]);
  }

  addAbstractButton() {
    const section = this.root.querySelector(".abstract > div");
    if (!section) return;
    if (this.document.corrections.some((made) => made.sentence === null)) {
      section.querySelector(".note").textContent = "Corrected; the numbers lead to the sentences that support it.";
    }
    const correct = button("Correct the abstract", "abstract");
    correct.className = "correct";
    section.append(correct);
  }

  sentences() {
    return Array.from(this.root.querySelectorAll(".sentence"));
  }

  // Filters are by number, and numbers change with corrections; names do not.

  filters() {
    const form = this.root.querySelector(".filters");
    const types = Array.from(form.querySelectorAll("[name=type]:checked"), (box) => nameOf(box.parentElement));
    const choices = Array.from(form.querySelectorAll("select"), (select) => [select.name, nameOf(select.selectedOptions[0])]);
    return { types, choices: new Map(choices) };
  }

  applyFilters({ types, choices }) {
    const form = this.root.querySelector(".filters");
    for (const box of form.querySelectorAll("[name=type]")) box.checked = types.includes(nameOf(box.parentElement));
    for (const select of form.querySelectorAll("select")) {
      const wanted = Array.from(select.options).findIndex((option) => nameOf(option) === choices.get(select.name));
      select.selectedIndex = Math.max(0, wanted);
    }
    form.dispatchEvent(new Event("change"));
  }

  // Moving by keyboard: Tab reaches one sentence, the arrow keys the others.

  rove(sentence) {
    if (!sentence || !this.root?.contains(sentence)) return;
    for (const other of this.root.querySelectorAll(".sentence[tabindex='0']")) other.tabIndex = -1;
    sentence.tabIndex = 0;
  }

  focusSentence(sentence) {
    if (!sentence || sentence.hidden) return;
    this.rove(sentence);
    sentence.focus({ preventScroll: true });
    sentence.scrollIntoView({ block: "nearest" });
  }

  onKey(event) {
    if (!this.document) return;
    const isWriting = event.target.matches("input, select, textarea");
    if ((event.ctrlKey || event.metaKey) && event.key === "z" && !isWriting) {
      event.preventDefault();
      this.undo();
    }
    if (event.ctrlKey || event.metaKey || event.altKey || !event.target.matches(".sentence")) return;
    const move = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
    if (move) {
      const shown = this.sentences().filter((sentence) => !sentence.hidden);
      this.focusSentence(shown[shown.indexOf(event.target) + move]);
    } else if (event.key === "Enter" || event.key === "c") {
      this.editTypes(event.target);
    } else if (event.key === "u") {
      this.undo();
    } else {
      return;
    }
    event.preventDefault();
  }

  onClick(target) {
    const action = target.closest("button[data-action]")?.dataset.action;
    if (action === "types") this.editTypes(target.closest(".sentence"));
    if (action === "abstract") this.editAbstract();
    if (action === "undo") this.undo();
    if (action === "export") this.export();
    if (action === "delete") this.delete();
  }

  // Correcting

  editTypes(sentence) {
    const index = this.sentences().indexOf(sentence);
    const current = this.document.analysis.sentences[index].types;
    const editor = typesEditor(this.document.label_schema, current, `Types of sentence ${index + 1}`);
    this.open(editor, sentence.querySelector(".content"), () => sentence.id, {
      path: `sentences/${index}`,
      version: () => this.document.sentence_versions[index],
      standing: () => this.document.analysis.sentences[index].types.join(", "),
      done: (value) => `Sentence ${index + 1} is now ${value.types.join(", ")}.`,
    });
  }

  editAbstract() {
    const editor = abstractEditor(this.document.analysis.abstract.text);
    this.open(editor, this.root.querySelector(".abstract > div"), () => null, {
      path: "abstract",
      version: () => this.document.abstract_version,
      standing: () => this.document.analysis.abstract.text,
      done: () => "The abstract is saved.",
    });
  }

  open(editor, place, sentenceId, target) {
    if (!this.mayLeave()) return;
    this.editor?.form.remove();
    this.editor = editor;
    place.append(editor.form);
    editor.focus();
    const close = () => {
      this.editor = null;
      editor.form.remove();
      const id = sentenceId();
      if (id) this.focusSentence(document.getElementById(id));
      else this.root.querySelector(".abstract .correct")?.focus();
    };
    editor.form.addEventListener("reset", close);
    editor.form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (!editor.isChanged()) return close();
      const value = editor.value();
      try {
        editor.setBusy(true);
        await requestJson("PUT", `/v1/documents/${this.document.id}/${target.path}`, { ...value, version: target.version() });
        await this.reload();
        close();
        say(target.done(value));
      } catch (error) {
        await this.explain(error, editor, target);
      } finally {
        editor.setBusy(false);
      }
    });
  }

  /** Tell why something was not saved; what was written stays in the editor. */
  async explain(error, editor, target) {
    if (!(error instanceof ServerError) || error.status !== CONFLICT) {
      editor.tell(error.message);
      return;
    }
    try {
      this.document = await requestJson("GET", `/v1/documents/${this.document.id}`);
      editor.tell(`Somebody else, or another tab, changed this meanwhile to “${target.standing()}”. Save again to replace that, or cancel.`);
    } catch (problem) {
      editor.tell(problem.message);
    }
  }

  async undo() {
    const last = this.document.corrections.at(-1);
    if (!last || !this.mayLeave()) return;
    this.editor?.form.remove();
    this.editor = null;
    try {
      await requestJson("DELETE", `/v1/documents/${this.document.id}/corrections/${last.number}`);
      say(last.sentence === null ? "The abstract is restored." : `Sentence ${last.sentence + 1} is restored.`);
    } catch (error) {
      this.listeners.onProblem(error.message);
    }
    await this.reload();
  }

  /** Fetch the document as it is now and draw it. */
  async reload() {
    try {
      this.document = await requestJson("GET", `/v1/documents/${this.document.id}`);
      this.redraw();
      await this.listeners.onChange();
    } catch (error) {
      this.listeners.onProblem(error.message);
    }
  }

  async export() {
    const format = this.place.querySelector("[name=format]").value;
    const name = (this.document.analysis.title || "document").replace(/[^\p{L}\p{N}]+/gu, "-").slice(0, 60);
    try {
      await download(`/v1/documents/${this.document.id}/export?format=${format}`, `${name}.${EXPORTS[format][1]}`);
    } catch (error) {
      this.listeners.onProblem(error.message);
    }
  }

  delete() {
    const dialog = document.getElementById("ask-delete");
    dialog.returnValue = "";
    dialog.addEventListener("close", async () => {
      if (dialog.returnValue !== "delete") return;
      try {
        await requestJson("DELETE", `/v1/documents/${this.document.id}`);
        this.clear();
        await this.listeners.onDeleted();
      } catch (error) {
        this.listeners.onProblem(error.message);
      }
    }, { once: true });
    dialog.showModal();
  }
}

function element(name, properties) {
  return Object.assign(document.createElement(name), properties);
}

function button(label, action, title = "") {
  const made = element("button", { type: "button", textContent: label, title });
  made.dataset.action = action;
  return made;
}

/** What a filter's choice is called, without its count. */
function nameOf(choice) {
  return choice.textContent.trim().replace(/\s*\(?\d+\)?$/, "");
}

/** Say something to those who listen to the page. */
function say(text) {
  document.getElementById("spoken").textContent = text;
}
