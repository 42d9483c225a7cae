"use strict";
// The gateway's own page. Whatever comes from the gateway is put in as text, never as markup.

const element = (id) => document.getElementById(id);

/** The text of `node`, changed only when it is another: what is read aloud is read once. */
function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** A new element of `kind` and class `name` with `text` or children in it. */
function make(kind, name, ...content) {
  const node = document.createElement(kind);
  if (name) node.className = name;
  node.append(...content);
  return node;
}

/** Random bytes as digits: crypto.randomUUID is missing where a page is not of a secure context. */
function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return "page-" + Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// What signs the page in after it was loaded again. It is kept for this tab and this origin, and not beyond: a page of
// another port, of the canvas or of another tab never sees it, and the gateway forgets it when it ends, or in twelve hours.
// A cookie would go to every port of this host.
const memory = {
  name: "mazelclaw.page",
  get() {
    try { return sessionStorage.getItem(this.name); } catch { return null; }
  },
  set(secret) {
    try { sessionStorage.setItem(this.name, secret); } catch { /* It lasts as long as the page does. */ }
  },
  clear() {
    try { sessionStorage.removeItem(this.name); } catch { /* Nothing was kept. */ }
  },
};

/** The secret of the link that was opened, which is then out of the address and of the history. */
function takeLink() {
  const found = /^#signin=([0-9a-f]+)$/.exec(location.hash);
  if (!found) return null;
  history.replaceState(null, "", location.pathname);
  return found[1];
}

/** The gateway's refusal of one request. */
class Refused extends Error {}

/** One WebSocket, past its handshake once `open` has come back. */
class Connection {
  constructor(onEvent, onEnd) {
    this.waiting = new Map();
    this.lastID = 0;
    this.onEvent = onEvent;
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    this.socket = new WebSocket(`${scheme}//${location.host}/`);
    this.socket.onmessage = (message) => this.receive(JSON.parse(message.data));
    this.socket.onclose = () => {
      this.fail();
      onEnd();
    };
    this.heardAt = Date.now();
  }

  /** Shakes hands by `secret`. Throws Refused when that opens nothing. */
  async open(secret, version) {
    await new Promise((resolve, reject) => {
      this.socket.addEventListener("open", resolve, { once: true });
      this.socket.addEventListener("close", () => reject(new Error("the gateway does not answer")), { once: true });
    });
    return this.call("connect", {
      minProtocol: 3, maxProtocol: 3, role: "operator", scopes: ["operator.read", "operator.write"],
      client: { id: "webchat-ui", version, platform: "web", mode: "webchat" }, auth: { token: secret },
    });
  }

  call(method, params = {}) {
    const id = String(++this.lastID);
    return new Promise((resolve, reject) => {
      if (this.socket.readyState !== WebSocket.OPEN) return reject(new Error("the gateway does not answer"));
      this.waiting.set(id, { resolve, reject });
      this.socket.send(JSON.stringify({ type: "req", id, method, params }));
    });
  }

  receive(frame) {
    this.heardAt = Date.now();
    if (frame.type === "event") return this.onEvent(frame.event, frame.payload);
    const waiting = this.waiting.get(frame.id);
    this.waiting.delete(frame.id);
    if (frame.ok) waiting?.resolve(frame.payload);
    else waiting?.reject(new Refused(frame.error?.message ?? "no reason given"));
  }

  fail() {
    for (const { reject } of this.waiting.values()) reject(new Error("the gateway went away"));
    this.waiting.clear();
  }

  close() {
    this.socket.onclose = null;
    this.fail();
    this.socket.close();
  }
}

// MARK: What is known

const page = {
  connection: null,
  secret: null,
  version: "unknown",
  profile: "",
  session: null,
  mainSession: null,
  /** What identifies the messages shown. */
  shown: [],
  /** The runs of the session that are under way. */
  runs: new Set(),
  delay: 1000,
  retry: null,
};

function showState(text, isUp) {
  say(element("state-text"), text);
  element("light").className = isUp ? "up" : "down";
}

function showFacts(facts) {
  const rows = facts.filter(([, value]) => value !== undefined && value !== "");
  element("facts").replaceChildren(
    ...rows.flatMap(([name, value]) => [make("dt", "", name), make("dd", "", String(value))]));
}

function duration(milliseconds) {
  const minutes = Math.floor(milliseconds / 60000);
  if (minutes < 1) return "less than a minute";
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} hours` : `${Math.floor(hours / 24)} days`;
}

function time(milliseconds) {
  const date = new Date(milliseconds);
  const isToday = date.toDateString() === new Date().toDateString();
  return isToday ? date.toLocaleTimeString() : date.toLocaleString();
}

function showProfile(profile) {
  page.profile = profile;
  say(element("profile"), profile);
  document.title = `${profile} · MazelClaw`;
  const words = profile === "default" ? "mazelclaw" : `mazelclaw --profile ${profile}`;
  for (const code of document.querySelectorAll(".command")) say(code, `${words} ${code.dataset.words}`);
}

/** What everybody may know who reaches the port. */
async function lookAtHealth() {
  try {
    const [health, ready] = await Promise.all(
      ["/health", "/ready"].map((path) => fetch(path).then((answer) => answer.json())));
    page.version = health.version;
    showProfile(health.profile);
    if (page.connection === null) showState(ready.ready ? "Up" : "Takes no clients now", ready.ready);
    if (page.secret === null) {
      showFacts([
        ["Profile", health.profile], ["Health", ready.ready ? "ready" : "not ready"], ["Version", health.version],
        ["Running for", duration(health.uptimeMs)], ["Port", health.port],
      ]);
    }
  } catch {
    showState("The gateway does not answer", false);
  }
}

function portRows(ports) {
  if (!ports) return [];
  const pinned = ports.pinned.length ? ` and ${ports.pinned.join(", ")}` : "";
  return [
    ["Port", `${ports.gateway}: this page, HTTP and WebSocket`],
    ["Browser control", `${ports.control}, on loopback`],
    ["DevTools", `${ports.cdp.join(" to ")}${pinned}, on loopback`],
  ];
}

async function lookAtStatus() {
  const { gateway } = await page.connection.call("status");
  showProfile(gateway.profile);
  showFacts([
    ["Profile", gateway.profile], ["Health", "ready"], ["Version", gateway.version],
    ["Running for", duration(gateway.uptimeMs)], ["Sandbox", gateway.sandboxed ? "yes" : "none"],
    ...portRows(gateway.ports), ["Clients", gateway.connections], ["Configuration", gateway.configuration?.state],
  ]);
}

function refusalRow(refusal) {
  const often = refusal.count > 1 ? `, ${refusal.count} times` : "";
  return make("li", "", `${time(refusal.lastAtMs)}: ${refusal.route} from ${refusal.address}${often}: ${refusal.reason}`);
}

async function lookAtRefusals() {
  const { refusals } = await page.connection.call("dashboard.refusals");
  element("none-refused").hidden = refusals.length > 0;
  element("refusals").replaceChildren(...refusals.slice(0, 8).map(refusalRow));
}

// MARK: The conversation

function sessionName(row) {
  const name = row.displayName ?? row.derivedTitle;
  return name ? `${row.key} (${name})` : row.key;
}

async function lookAtSessions() {
  const { sessions } = await page.connection.call("sessions.list", { limit: 100, includeDerivedTitles: true });
  const names = new Map([[page.mainSession, page.mainSession]]);
  if (page.session) names.set(page.session, page.session);
  for (const row of sessions) names.set(row.key, sessionName(row));
  const options = Array.from(names, ([key, name]) => new Option(name, key, false, key === page.session));
  element("session").replaceChildren(...options);
}

function textOf(message) {
  if (typeof message.content === "string") return message.content;
  return (message.content ?? []).map((part) => part.text ?? `[${part.type}]`).join("\n");
}

function messageNode(message) {
  const isUser = message.role === "user";
  const who = isUser ? "you" : message.role === "assistant" ? "agent" : String(message.role);
  const when = message.timestamp ? `, ${time(message.timestamp)}` : "";
  const end = message.stopReason === "aborted" ? ", stopped" : "";
  return make("div", `message ${isUser ? "user" : "assistant"}`,
    make("p", "who", who + when + end), make("p", "text", textOf(message)));
}

/** Shows `messages`; adds those that are new to the ones already there, so that only they are read aloud. */
function showMessages(messages) {
  const marks = messages.map((message) => `${message.timestamp} ${message.role} ${textOf(message).length}`);
  const isLonger = page.shown.every((mark, index) => mark === marks[index]);
  const nodes = messages.slice(isLonger ? page.shown.length : 0).map(messageNode);
  if (isLonger) element("messages").append(...nodes);
  else element("messages").replaceChildren(...nodes);
  page.shown = marks;
  element("empty").hidden = marks.length > 0;
  if (nodes.length) element("log").scrollTop = element("log").scrollHeight;
}

async function lookAtHistory() {
  const session = page.session;
  const { messages } = await page.connection.call("chat.history", { sessionKey: session, limit: 200 });
  if (session === page.session) showMessages(messages);
}

function showRuns() {
  element("stop").hidden = page.runs.size === 0;
  if (page.runs.size === 0) showAnswer("");
}

/** Shows the answer that is under way, as far as it is known. */
function showAnswer(text) {
  const live = element("live");
  live.hidden = text === "";
  say(live.querySelector(".text"), text);
  live.scrollTop = live.scrollHeight;
}

async function chooseSession(key) {
  page.session = key;
  page.runs.clear();
  page.shown = [];
  element("messages").replaceChildren();
  say(element("fault"), "");
  showRuns();
  await lookAtHistory();
}

async function send() {
  const field = element("text");
  const message = field.value;
  if (!message.trim()) return;
  say(element("fault"), "");
  field.value = "";
  try {
    await page.connection.call("chat.send", { sessionKey: page.session, message, idempotencyKey: newKey() });
    await lookAtHistory();
  } catch (error) {
    if (!field.value) field.value = message;
    say(element("fault"), `That was not sent: ${error.message}.`);
  }
}

function stop() {
  page.connection.call("chat.abort", { sessionKey: page.session }).catch(tellFault);
}

async function runEnded(data) {
  await lookAtHistory();
  if (data.error) say(element("fault"), data.error);
  if (data.aborted) say(element("fault"), "The answer was stopped.");
  showRuns();
  await lookAtSessions();
}

function onAgentEvent({ runId, sessionKey, stream, data }) {
  if (sessionKey !== page.session) return;
  const isOver = stream === "lifecycle" && data.phase !== "start";
  if (isOver) page.runs.delete(runId);
  else page.runs.add(runId);
  if (isOver) return runEnded(data).catch(tellFault);
  showRuns();
  if (stream === "assistant") showAnswer(data.text);
  else lookAtHistory().catch(tellFault);
}

function onEvent(name, payload) {
  if (name === "agent") onAgentEvent(payload);
  else if (name === "tick") lookAround().catch(tellFault);
}

async function lookAround() {
  await Promise.all([lookAtStatus(), lookAtRefusals()]);
}

/** What went wrong while the gateway was there; that it is gone is told elsewhere. */
function tellFault(error) {
  if (error instanceof Refused) say(element("fault"), error.message);
}

// MARK: Signing in

function showSignedIn(isSignedIn) {
  for (const id of ["chat", "refused", "sign-out"]) element(id).hidden = !isSignedIn;
  element("signed-out").hidden = isSignedIn;
}

function signOut(reason) {
  page.connection?.close();
  Object.assign(page, { connection: null, secret: null });
  clearTimeout(page.retry);
  memory.clear();
  say(element("signed-out-reason"), reason);
  showSignedIn(false);
  lookAtHealth();
}

/** Tries again in a while, and then more and more seldom. */
function comeBack() {
  page.connection = null;
  showState("The gateway went away; trying again", false);
  clearTimeout(page.retry);
  page.retry = setTimeout(() => signIn(page.secret), page.delay);
  page.delay = Math.min(page.delay * 2, 15000);
}

async function enter(hello) {
  const { pageToken } = hello.auth ?? {};
  if (pageToken) {
    page.secret = pageToken;
    memory.set(pageToken);
  }
  page.delay = 1000;
  page.mainSession = hello.snapshot.sessionDefaults.mainSessionKey;
  page.version = hello.server.version;
  say(element("signed-out-reason"), "");
  showSignedIn(true);
  showState("Signed in", true);
  page.session ??= page.mainSession;
  await Promise.all([lookAround(), lookAtSessions(), chooseSession(page.session)]);
}

async function signIn(secret) {
  page.connection?.close();
  clearTimeout(page.retry);
  page.secret = secret;
  const connection = page.connection = new Connection(onEvent, comeBack);
  let hello;
  try {
    hello = await connection.open(secret, page.version);
  } catch (error) {
    // Whatever else it is, the connection ends, and with it comes another try.
    if (error instanceof Refused && connection === page.connection) signOut(`You are signed out. ${error.message}.`);
    return;
  }
  await enter(hello).catch(tellFault);
}

/** A connection over which nothing came for longer than two ticks is none, as after a phone has slept. */
function watch() {
  const connection = page.connection;
  if (connection && Date.now() - connection.heardAt > 70000) {
    connection.close();
    comeBack();
  }
}

function listen() {
  element("form").addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  element("text").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    element("form").requestSubmit();
  });
  element("stop").addEventListener("click", stop);
  element("sign-out").addEventListener("click", () => signOut(""));
  element("session").addEventListener("change", (event) => chooseSession(event.target.value).catch(tellFault));
  window.addEventListener("hashchange", () => {
    const secret = takeLink();
    if (secret) signIn(secret);
  });
  setInterval(watch, 15000);
}

async function begin() {
  say(element("socket"), `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/`);
  const secret = takeLink() ?? memory.get();
  listen();
  await lookAtHealth();
  if (secret) await signIn(secret);
  else showSignedIn(false);
}

begin();
