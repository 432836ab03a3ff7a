/** Asking the server: with the token where it wants one, and an error that says what the server says. */

const TOKEN_KEY = "communique-token";

export class ServerError extends Error {
  constructor(status, message, retryAfter) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

let askedToken = null;

/** Ask for the token once, however many requests lack it. */
function askToken() {
  askedToken ??= new Promise((resolve) => {
    const dialog = document.getElementById("ask-token");
    const field = document.getElementById("token");
    field.value = "";
    dialog.addEventListener("close", () => {
      sessionStorage.setItem(TOKEN_KEY, field.value.trim());
      askedToken = null;
      resolve();
    }, { once: true });
    dialog.showModal();
  });
  return askedToken;
}

/** Send a request and return the answer.
 *  @throws {ServerError} with the server's message, or status 0 where it cannot be reached. */
export async function request(method, path, { body, type } = {}) {
  const token = sessionStorage.getItem(TOKEN_KEY);
  const headers = {};
  if (token) headers.Authorization = `Bearer ${token}`;
  if (type) headers["Content-Type"] = type;
  let answer;
  try {
    answer = await fetch(path, { method, headers, body });
  } catch {
    throw new ServerError(0, "The server cannot be reached. Nothing that was saved is lost; start it again and repeat the last step.");
  }
  if (answer.status === 401) {
    await askToken();
    return request(method, path, { body, type });
  }
  if (answer.ok) return answer;
  const told = await answer.json().catch(() => ({}));
  throw new ServerError(answer.status, told.error || `The server answered ${answer.status}.`, Number(answer.headers.get("Retry-After")) || 0);
}

export async function requestJson(method, path, value) {
  const options = value === undefined ? {} : { body: JSON.stringify(value), type: "application/json" };
  const answer = await request(method, path, options);
  return answer.status === 204 ? null : answer.json();
}

/** Save what the server answers as a file. */
export async function download(path, name) {
  const url = URL.createObjectURL(await (await request("GET", path)).blob());
  const link = Object.assign(document.createElement("a"), { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
