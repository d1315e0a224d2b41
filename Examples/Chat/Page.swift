// SPDX-License-Identifier: Apache-2.0

/// What a browser gets.
let page = """
    <!doctype html>
    <html lang="en">
    <meta name="viewport" content="width=device-width">
    <title>Chat</title>
    <style>
    body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: auto; padding: 1rem }
    form { display: flex; gap: .5rem }
    input { flex: 1; font: inherit }
    </style>
    <ul id="log" role="log"></ul>
    <form><input id="text" aria-label="Message" autocomplete="off" autofocus><button>Send</button></form>
    <script src="/socket.io/socket.io.js"></script>
    <script>
    const name = prompt("Your name?") || "guest", room = "lobby";
    const socket = io({ auth: { name } });
    const log = (line) => {
        document.getElementById("log").append(
            Object.assign(document.createElement("li"), { textContent: line }));
    };
    socket.on("connect", async () => log(`${await socket.emitWithAck("join", room)} here`));
    socket.on("joined", (who) => log(`${who} came`));
    socket.on("left", (who) => log(`${who} left`));
    socket.on("message", ({ from, text }) => log(`${from}: ${text}`));
    socket.on("connect_error", ({ message }) => log(message));
    document.querySelector("form").onsubmit = (event) => {
        event.preventDefault();
        const text = document.getElementById("text");
        socket.emit("say", room, text.value);
        text.value = "";
    };
    </script>
    """
