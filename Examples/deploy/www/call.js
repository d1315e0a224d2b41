// SPDX-License-Identifier: Apache-2.0
// A page of your own on www., which meets through Parley on api.: https://www.example.org/abc-defg-hij
// It speaks the meeting protocol (docs/protocol.md) and is as small as a call of two can be.

const code = location.pathname.slice(1);
const api = location.origin.replace("//www.", "//api.");
const page = crypto.randomUUID();
const show = (text) => (document.getElementById("state").textContent = text);

await new Promise((resolve, reject) => {
  const script = Object.assign(document.createElement("script"), { src: `${api}/socket.io/socket.io.js`, onload: resolve, onerror: reject });
  document.head.append(script);
});

const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
document.getElementById("own").srcObject = stream;

const transports = new URLSearchParams(location.search).get("transport")?.split(",") ?? ["polling", "websocket"];
const socket = io(`${api}/meet`, { auth: { protocol: 3 }, transports });
const ask = async (event, data) => {
  const reply = await socket.timeout(10_000).emitWithAck(event, data);
  if (reply.refused) throw new Error(`${event}: ${reply.refused}`);
  return reply;
};

let connection;
function connect(other) {
  connection?.close();
  connection = new RTCPeerConnection();
  for (const track of stream.getTracks()) connection.addTrack(track, stream);
  connection.ontrack = ({ streams }) => (document.getElementById("other").srcObject = streams[0]);
  connection.onconnectionstatechange = () => show(`${other.name}: ${connection.connectionState}`);
  const send = (data) => ask("signal", { to: other.id, page: other.page, data });
  connection.onicecandidate = ({ candidate }) => send({ candidate: candidate?.toJSON() ?? null });
  return async () => {
    await connection.setLocalDescription();
    await send({ description: connection.localDescription.toJSON() });
  };
}

const people = new Map();
let answer;
socket.on("participant-joined", ({ participant }) => people.set(participant.id, participant));
socket.on("signal", async ({ from, page: theirs, data }) => {
  if (data.description?.type === "offer") answer = connect({ name: "The other", ...people.get(from), id: from, page: theirs });
  if (data.description) await connection.setRemoteDescription(data.description);
  if (data.description?.type === "offer") await answer();
  if (data.candidate) await connection.addIceCandidate(data.candidate);
});

socket.on("connect", async () => {
  const media = { microphone: true, camera: true, screen: false, screenStream: null };
  const { participants } = await ask("join", { meeting: code, name: "Guest", page, media });
  show("You are the first one here.");
  // Whoever comes second calls.
  if (participants.length > 0) await connect(participants[0])();
});
socket.on("connect_error", (error) => show(`No connection: ${error.message}`));
