// SPDX-License-Identifier: Apache-2.0

import { usualStrip } from "./viewing";

/** Where a tile goes, in CSS pixels from the corner of the stage. */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export const gap = 8;

/** Tiles may be as narrow as 3:4 on a phone and as wide as 16:9 anywhere. */
const narrowest = { phone: 3 / 4, other: 4 / 3 };
const widest = 16 / 9;

/**
 * Places `count` tiles of one size in an area so that they cover as much of it as possible.
 * Tries every number of columns; a short last row is centred.
 */
export function grid(count: number, width: number, height: number): Rect[] {
  let best = { columns: 1, width: 0, height: 0 };
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const size = fit((width - gap * (columns - 1)) / columns, (height - gap * (rows - 1)) / rows, width);
    if (size.width * size.height > best.width * best.height) best = { columns, ...size };
  }
  const rows = Math.ceil(count / best.columns);
  const top = (height - rows * best.height - (rows - 1) * gap) / 2;
  return Array.from({ length: count }, (_, index) => {
    const row = Math.floor(index / best.columns);
    const inRow = row === rows - 1 ? count - row * best.columns : best.columns;
    const left = (width - inRow * best.width - (inRow - 1) * gap) / 2;
    const column = index - row * best.columns;
    return whole({
      x: left + column * (best.width + gap),
      y: top + row * (best.height + gap),
      width: best.width,
      height: best.height,
    });
  });
}

/** One tile large, the others in a strip beside it, of a chosen part of the width, or below it where the area is upright. */
export function spotlight(others: number, width: number, height: number, part = usualStrip): { large: Rect; strip: Rect[] } {
  if (others === 0) return { large: { x: 0, y: 0, width, height }, strip: [] };
  if (width >= height) {
    const stripWidth = Math.max(120, width * part);
    const tile = Math.min((stripWidth * 9) / 16, (height - gap * (others - 1)) / others);
    const top = (height - others * tile - (others - 1) * gap) / 2;
    const x = width - stripWidth;
    const strip = (_: unknown, index: number): Rect => whole({ x, y: top + index * (tile + gap), width: stripWidth, height: tile });
    return { large: whole({ x: 0, y: 0, width: x - gap, height }), strip: Array.from({ length: others }, strip) };
  }
  const columns = Math.min(others, 3);
  const rows = Math.ceil(others / columns);
  const stripHeight = clamp(height * (rows > 1 ? 0.36 : 0.24), 90, 320);
  const area = grid(others, width, stripHeight);
  const y = height - stripHeight;
  return {
    large: whole({ x: 0, y: 0, width, height: y - gap }),
    strip: area.map((rect) => ({ ...rect, y: rect.y + y })),
  };
}

/** How many tiles a strip beside or below a large one takes before they become too small. */
export function stripRoom(width: number, height: number): number {
  if (width < height) return 6;
  return Math.max(2, Math.floor((height + gap) / (72 + gap)));
}

/** One person fills the stage and our own picture floats in its corner. */
export function pair(width: number, height: number): { other: Rect; self: Rect } {
  const upright = height > width;
  const selfWidth = clamp(Math.min(width * 0.22, height * 0.34), 96, 280);
  const selfHeight = upright ? (selfWidth * 4) / 3 : (selfWidth * 9) / 16;
  const inset = 2 * gap;
  const self = { x: width - selfWidth - inset, y: height - selfHeight - inset, width: selfWidth, height: selfHeight };
  return { other: whole({ x: 0, y: 0, width, height }), self: whole(self) };
}

/** The largest allowed tile inside a cell. */
function fit(width: number, height: number, stageWidth: number): { width: number; height: number } {
  if (width <= 0 || height <= 0) return { width: 0, height: 0 };
  const shape = clamp(width / height, stageWidth < 480 ? narrowest.phone : narrowest.other, widest);
  return width / height > shape ? { width: height * shape, height } : { width, height: width / shape };
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

/** Whole pixels, so that edges and video stay sharp. */
function whole(rect: Rect): Rect {
  const x = Math.round(rect.x);
  const y = Math.round(rect.y);
  return { x, y, width: Math.max(0, Math.floor(rect.width)), height: Math.max(0, Math.floor(rect.height)) };
}
