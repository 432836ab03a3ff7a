/** Giving texts and files to the server, and showing how far each is. */

import { request, requestJson, ServerError } from "./server.js";

const POLL_MILLISECONDS = 400;
const BUSY = [429, 503];

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Give texts or files one after the other.
 *  @param {{name: string, data: Blob, date: string}[]} items with the date of their texts, or ""
 *  @param {{onTaken: Function, onDocuments: (documents: string[]) => void}} listeners `onTaken` is called when the
 *  server has an item, `onDocuments` whenever a document is ready. */
export async function give(items, { onTaken = () => {}, onDocuments }) {
  const lines = items.map((item) => ({ ...item, line: newLine(item.name) }));
  await Promise.all(await lines.reduce(async (earlier, item) => {
    const started = await earlier;
    const report = await send(item);
    if (report) {
      onTaken();
      started.push(follow(report, item.line, onDocuments));
    }
    return started;
  }, Promise.resolve([])));
}

async function send({ name, data, date, line }) {
  for (;;) {
    try {
      const query = new URLSearchParams(date ? { name, date } : { name });
      return await (await request("POST", `/v1/uploads?${query}`, { body: data, type: "application/octet-stream" })).json();
    } catch (error) {
      if (!(error instanceof ServerError) || !BUSY.includes(error.status)) {
        line.fail([error.message]);
        return null;
      }
      line.say("the server is busy; it will be sent again");
      await pause(1000 * (error.retryAfter || 5));
    }
  }
}

async function follow(report, line, onDocuments) {
  let known = 0;
  for (;;) {
    if (report.documents.length > known) onDocuments(report.documents);
    known = report.documents.length;
    if (report.state === "finished") break;
    line.say(report.state === "waiting" ? `waiting, ${report.ahead} before it` : `${report.progress || "starting"}…`);
    await pause(POLL_MILLISECONDS);
    try {
      report = await requestJson("GET", `/v1/uploads/${report.id}`);
    } catch (error) {
      line.fail([error.message]);
      return;
    }
  }
  if (report.problems.length || report.warnings.length) line.fail([...report.problems, ...report.warnings]);
  else line.remove();
}

/** Add a line for an upload to the list. */
function newLine(name) {
  const panel = document.getElementById("progress");
  const item = document.createElement("li");
  const label = document.createElement("bdi");
  const state = document.createElement("span");
  const bar = document.createElement("progress");
  label.textContent = name;
  bar.setAttribute("aria-label", `progress of ${name}`);
  item.append(label, ": ", state, bar);
  document.getElementById("uploads").append(item);
  panel.hidden = false;

  const line = {
    say: (text) => { state.textContent = text; },
    remove: () => {
      item.remove();
      panel.hidden = !document.getElementById("uploads").children.length;
    },
    fail: (messages) => {
      bar.remove();
      state.textContent = messages.join("; ");
      state.className = "problem";
      const close = Object.assign(document.createElement("button"), { type: "button", textContent: "×" });
      close.setAttribute("aria-label", `Close what is said of ${name}`);
      close.addEventListener("click", line.remove);
      item.append(" ", close);
    },
  };
  line.say("sending…");
  return line;
}
