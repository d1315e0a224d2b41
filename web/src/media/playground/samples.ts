// SPDX-License-Identifier: Apache-2.0

/** The scripts behind the lessons, as a person would write them in a page of their own. */
export const samples = {
  share: `const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
video.srcObject = stream;                              // show
video.srcObject = null;                                // hide
stream.getTracks().forEach((track) => track.stop());   // stop`,

  picture: `const [track] = stream.getVideoTracks();
track.getCapabilities();   // what it can do
await track.applyConstraints({ width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { exact: 15 } });
track.getSettings();       // what it does now`,

  record: `const pieces = [];
const recorder = new MediaRecorder(stream, { mimeType: "video/webm" });
recorder.ondataavailable = (event) => pieces.push(event.data);
recorder.onstop = () => (video.src = URL.createObjectURL(new Blob(pieces)));
recorder.start(500);
recorder.stop();`,

  screen: `const screen = await navigator.mediaDevices.getDisplayMedia({ video: true, audio: true });
screen.getVideoTracks()[0].onended = () => console.log("stopped from the browser's bar");`,

  choose: `const devices = await navigator.mediaDevices.enumerateDevices();
await navigator.mediaDevices.getUserMedia({ video: { deviceId: { exact: devices[0].deviceId } } });
await video.setSinkId(speaker.deviceId);`,

  know: `await navigator.mediaDevices.enumerateDevices();
navigator.mediaDevices.getSupportedConstraints();
navigator.mediaDevices.ondevicechange = () => console.log("plugged in or out");`,

  call: `const connection = new RTCPeerConnection();
stream.getTracks().forEach((track) => connection.addTrack(track, stream));
connection.onicecandidate = ({ candidate }) => channel.postMessage({ candidate: candidate?.toJSON() ?? null });
connection.ontrack = ({ streams }) => (video.srcObject = streams[0]);

const offer = await connection.createOffer();          // the caller
await connection.setLocalDescription(offer);
channel.postMessage({ offer });

await connection.setRemoteDescription(offer);          // the other
const answer = await connection.createAnswer();
await connection.setLocalDescription(answer);
channel.postMessage({ answer });

await connection.setRemoteDescription(answer);         // the caller again
await connection.addIceCandidate(candidate);           // both, for each candidate`,
} as const;
