// SPDX-License-Identifier: Apache-2.0
// The reference implementation with the events that sioload uses. Run: node server-node.cjs --port N
"use strict";

const { createServer } = require("node:http");
const { Server } = require("socket.io");

const http = createServer();
const io = new Server(http, { serveClient: false });
io.on("connection", (socket) => {
  socket.on("bench:join", (room, ack) => {
    socket.join(room);
    ack();
  });
  socket.on("bench:echo", (payload, ack) => ack(payload));
  socket.on("bench:broadcast", (room, payload) => io.to(room).emit("bench:msg", payload));
});
const port = Number(process.argv[process.argv.indexOf("--port") + 1]);
http.listen({ port, host: "127.0.0.1", backlog: 4096 });
