/** The page: the list of documents, what is shown, and what belongs to no document. */

import { DocumentView } from "./document.js";
import { download, requestJson } from "./server.js";
import { give } from "./uploads.js";

const byId = (id) => document.getElementById(id);
const view = new DocumentView(byId("document"), { onChange: listDocuments, onProblem: tell, onDeleted });

/** Show a message until it is closed. */
function tell(message) {
  byId("message").firstElementChild.textContent = message;
  byId("message").hidden = false;
}

async function listDocuments() {
  const entries = await requestJson("GET", "/v1/documents");
  const shown = new URLSearchParams(location.search).get("document");
  byId("documents").replaceChildren(...entries.map((entry) => {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = `?document=${entry.id}`;
    link.dataset.document = entry.id;
    if (entry.id === shown) link.setAttribute("aria-current", "true");
    const title = document.createElement("bdi");
    title.textContent = entry.title || entry.source || "Text";
    const details = document.createElement("small");
    const counts = [`${entry.sentences} sentences`, entry.corrections ? `${entry.corrections} corrected` : ""];
    details.textContent = [new Date(entry.added).toLocaleString(), ...counts].filter(Boolean).join(" · ");
    link.append(title, details);
    item.append(link);
    return item;
  }));
  byId("no-documents").hidden = entries.length > 0;
  byId("export-all").disabled = !entries.some((entry) => entry.corrections);
}

async function show(id) {
  if (!view.mayLeave()) return;
  const url = new URL(location.href);
  if (url.searchParams.get("document") !== id) history.pushState(null, "", `?document=${id}`);
  await guarded(async () => {
    await view.show(id);
    await listDocuments();
  });
}

function onDeleted() {
  history.pushState(null, "", "/");
  return guarded(listDocuments);
}

/** Do something, and show its error. */
async function guarded(action) {
  try {
    await action();
  } catch (error) {
    tell(error.message);
  }
}

/** Call a pasted text by its first words; the quotation marks keep "a.csv" from being taken for a file's ending. */
function nameOf(text) {
  const words = text.trim().replace(/\s+/g, " ");
  return `“${words.slice(0, 60)}${words.length > 60 ? "…" : ""}”`;
}

function giveFiles(files) {
  let isFirst = true;
  const onDocuments = async (documents) => {
    if (isFirst) {
      isFirst = false;
      await show(documents[0]);
    } else {
      await guarded(listDocuments);
    }
  };
  const date = byId("date").value;
  const items = Array.from(files, (file) => ({ name: file.name, data: file, date }));
  return guarded(() => give(items, { onDocuments }));
}

byId("give").addEventListener("submit", (event) => {
  event.preventDefault();
  const field = byId("text");
  const text = field.value;
  if (!text.trim()) {
    field.focus();
    return;
  }
  guarded(() => give([{ name: nameOf(text), data: new Blob([text]), date: byId("date").value }], {
    onTaken: () => {
      if (field.value === text) field.value = "";
    },
    onDocuments: (documents) => show(documents[0]),
  }));
});
byId("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) byId("give").requestSubmit();
});
byId("files").addEventListener("change", ({ target }) => {
  giveFiles(target.files);
  target.value = "";
});
byId("documents").addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  show(link.dataset.document);
});
byId("export-all").addEventListener("click", () => guarded(() => download("/v1/annotations", "corrections.jsonl")));
byId("message").querySelector("button").addEventListener("click", () => { byId("message").hidden = true; });

document.addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("dropping");
});
for (const name of ["dragleave", "drop"]) {
  document.addEventListener(name, () => document.body.classList.remove("dropping"));
}
document.addEventListener("drop", (event) => {
  event.preventDefault();
  if (event.dataTransfer.files.length) {
    giveFiles(event.dataTransfer.files);
  } else if (event.dataTransfer.getData("text")) {
    byId("text").value = event.dataTransfer.getData("text");
  }
});
// What another tab changed is seen when this one is looked at again.
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) guarded(() => Promise.all([listDocuments(), view.refresh()]));
});
window.addEventListener("popstate", start);
window.addEventListener("beforeunload", (event) => {
  if (view.hasDraft() || byId("text").value.trim()) event.preventDefault();
});

async function start() {
  const id = new URLSearchParams(location.search).get("document");
  await guarded(async () => {
    await listDocuments();
    if (id) await view.show(id);
    else view.clear();
  });
}

start();
