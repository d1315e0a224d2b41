# SPDX-License-Identifier: Apache-2.0
"""Drawn people in place of a camera's test picture, for pictures to look at. They blink, nod and talk."""

import json

# Wall, light on it, skin, hair, clothes; how long the hair is, and whether there are glasses.
LOOKS = [
    ["#2f4858", "#6c8ea0", "#e8b48c", "#3b2a20", "#d9603b", 0.2, False],
    ["#5b4a3f", "#a58a72", "#8d5a3b", "#17110e", "#2f7f86", 0.0, True],
    ["#31473a", "#86a58c", "#f2c9a8", "#b5651d", "#4b4f8c", 0.9, False],
    ["#46395c", "#9686b5", "#c98d62", "#1d1715", "#c9a227", 0.6, True],
    ["#27405f", "#7fa3cc", "#f4d3b6", "#8a8a8f", "#5d7f43", 0.1, False],
]

DRAWN = """
(() => {
  const [wall, light, skin, hair, clothes, length, glasses] = LOOK;
  if (!window.MediaDevices) return;
  const real = MediaDevices.prototype.getUserMedia;
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: 640, height: 360 });
  const brush = canvas.getContext("2d");
  brush.scale(0.5, 0.5);
  const blob = (colour, x, y, rx, ry) => {
    brush.fillStyle = colour;
    brush.beginPath();
    brush.ellipse(x, y, rx, ry, 0, 0, 7);
    brush.fill();
  };
  const draw = () => {
    const now = performance.now() / 1000 + length * 7;
    const ground = brush.createRadialGradient(900, 160, 60, 640, 360, 820);
    ground.addColorStop(0, light);
    ground.addColorStop(1, wall);
    brush.fillStyle = ground;
    brush.fillRect(0, 0, 1280, 720);
    // A shelf, a window or a plant would be too much: a soft edge is enough of a room.
    brush.fillStyle = "rgb(0 0 0 / 10%)";
    brush.fillRect(0, 560, 1280, 160);
    brush.save();
    brush.translate(640 + 8 * Math.sin(now * 0.7), 400 + 5 * Math.sin(now * 1.3));
    brush.rotate(0.02 * Math.sin(now * 0.9));
    if (length > 0.3) blob(hair, 0, 30 + 60 * length, 160, 170 + 70 * length);
    brush.fillStyle = clothes;
    brush.beginPath();
    brush.moveTo(-320, 420);
    brush.bezierCurveTo(-310, 200, -190, 175, -80, 160);
    brush.lineTo(80, 160);
    brush.bezierCurveTo(190, 175, 310, 200, 320, 420);
    brush.fill();
    brush.fillStyle = skin;
    brush.fillRect(-52, 80, 104, 90);
    blob(skin, 0, 165, 72, 40);
    blob("rgb(0 0 0 / 12%)", 0, 112, 66, 26);
    blob(skin, -128, -40, 20, 30);
    blob(skin, 128, -40, 20, 30);
    blob(skin, 0, -40, 128, 158);
    brush.fillStyle = hair;
    brush.beginPath();
    brush.ellipse(0, -95, 140, 118, 0, Math.PI, 0);
    brush.bezierCurveTo(120, -120, 40, -150, -30, -142);
    brush.bezierCurveTo(-90, -136, -128, -110, -140, -60);
    brush.fill();
    const open = now % 4 < 0.15 ? 1.5 : 11;
    for (const side of [-1, 1]) {
      blob("#ffffff", side * 50, -48, 20, open + 2);
      blob("#2b1d14", side * 50 + 3 * Math.sin(now * 0.4), -47, 10, Math.min(10, open));
      brush.strokeStyle = hair;
      brush.lineWidth = 9;
      brush.lineCap = "round";
      brush.beginPath();
      brush.arc(side * 50, -48, 40, -2.2, -0.95);
      brush.stroke();
      if (!glasses) continue;
      brush.strokeStyle = "#20242c";
      brush.lineWidth = 6;
      brush.strokeRect(side * 50 - 38, -76, 76, 56);
    }
    if (glasses) brush.fillRect(-12, -54, 24, 6);
    brush.strokeStyle = "rgb(0 0 0 / 22%)";
    brush.lineWidth = 7;
    brush.beginPath();
    brush.arc(0, -4, 16, 0.3, 2.8);
    brush.stroke();
    const talk = 4 + 5 * Math.abs(Math.sin(now * 2.1) * Math.sin(now * 5.3));
    brush.fillStyle = "#9b3d3d";
    brush.beginPath();
    brush.ellipse(0, 50, 46, 14 + talk, 0, 0, Math.PI);
    brush.fill();
    blob("#ffffff", 0, 54, 34, 5);
    brush.restore();
  };
  let track;
  MediaDevices.prototype.getUserMedia = async function (wanted) {
    if (!wanted.video) return real.call(this, wanted);
    const stream = await real.call(this, wanted);
    const [camera] = stream.getVideoTracks();
    draw();
    if (!track) setInterval(draw, 200);
    track = canvas.captureStream(5).getVideoTracks()[0];
    const settings = camera.getSettings();
    track.getSettings = () => settings;
    Object.defineProperty(track, "label", { value: camera.label });
    camera.stop();
    stream.removeTrack(camera);
    stream.addTrack(track);
    return stream;
  };
})();
"""


def face(number: int) -> str:
    """A script for a page whose camera is to show one of the faces."""
    return DRAWN.replace("LOOK", json.dumps(LOOKS[number % len(LOOKS)]), 1)
