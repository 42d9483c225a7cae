// What the gateway is measured against: the protocol's handshake and one method, on Node and the `ws` package, which
// parse and answer the same JSON.
//
// usage: node peer.js PORT PAYLOAD-FILE
"use strict";
const fs = require("fs");
const { WebSocketServer } = require("ws");

const health = JSON.parse(fs.readFileSync(process.argv[3], "utf8"));
const server = new WebSocketServer({ host: "127.0.0.1", port: Number(process.argv[2]), perMessageDeflate: false });

server.on("connection", (socket) => {
  socket.on("message", (data) => {
    const request = JSON.parse(data.toString());
    if (request.type !== "req" || typeof request.id !== "string" || typeof request.method !== "string") {
      socket.close(1008, "invalid request frame");
      return;
    }
    const payload = request.method === "connect" ? { type: "hello-ok", protocol: 3 } : health;
    socket.send(JSON.stringify({ type: "res", id: request.id, ok: true, payload }));
  });
  socket.send(JSON.stringify({ type: "event", event: "connect.challenge", payload: { nonce: "n", ts: Date.now() } }));
});
server.on("listening", () => console.log("listening"));
