// SPDX-License-Identifier: Apache-2.0

import { figures, Series } from "../protocol/admin";

// Time series as pictures need them: put together from answers, cut to their span, scaled, drawn as a path.

export const noSeries: Series = {
  at: [], rooms: [], people: [], sessions: [], connections: [], relayed: [], processor: [], memory: [], received: [], sent: [],
};

/** `old` with what came after it, without what is older than `since`. */
export function joined(old: Series, more: Series, since: number): Series {
  const last = old.at.at(-1) ?? -Infinity;
  const fresh = more.at.findIndex((time) => time > last);
  const first = old.at.findIndex((time) => time >= since);
  const pick = (name: keyof Series): readonly number[] => [
    ...(first < 0 ? [] : old[name].slice(first)),
    ...(fresh < 0 ? [] : more[name].slice(fresh)),
  ];
  return Object.fromEntries((["at", ...figures] as const).map((name) => [name, pick(name)])) as unknown as Series;
}

/** The least of 1, 2 and 5 times a power of ten that is not below `value`, so that a scale ends in a round number. */
export function roundedUp(value: number, least = 1): number {
  if (!(value > least)) return least;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value * (1 - 1e-9)) ?? value;
}

export interface Frame {
  /** Time at the left and at the right edge. */
  readonly from: number;
  readonly to: number;
  /** Value at the upper edge; the lower one is 0. */
  readonly top: number;
}

/** The picture's own units. It is stretched to the room it has. */
export const canvas = { width: 1000, height: 100 } as const;

/** More than this many milliseconds without a sample is a gap: the server was not there. */
const gap = (frame: Frame): number => (frame.to - frame.from) / 12;

/** Where a time and a value are on the canvas. */
export function place(frame: Frame, time: number, value: number): { readonly x: number; readonly y: number } {
  const x = ((time - frame.from) / (frame.to - frame.from)) * canvas.width;
  const y = canvas.height - (Math.min(Math.max(value, 0), frame.top) / frame.top) * canvas.height;
  return { x: Math.round(x * 10) / 10, y: Math.round(y * 100) / 100 };
}

/** Runs of samples inside the frame without a gap between them, as places. */
function runs(times: readonly number[], values: readonly number[], frame: Frame): { x: number; y: number }[][] {
  const found: { x: number; y: number }[][] = [];
  let before = -Infinity;
  times.forEach((time, index) => {
    if (time < frame.from || time > frame.to) return;
    if (time - before > gap(frame)) found.push([]);
    found.at(-1)?.push(place(frame, time, values[index] ?? 0));
    before = time;
  });
  return found;
}

/** The line as the `d` of an SVG path. */
export function linePath(times: readonly number[], values: readonly number[], frame: Frame): string {
  return runs(times, values, frame).map((run) => `M${run.map(({ x, y }) => `${x} ${y}`).join("L")}`).join("");
}

/** What lies below the line. */
export function areaPath(times: readonly number[], values: readonly number[], frame: Frame): string {
  return runs(times, values, frame).map((run) => {
    const [first, last] = [run[0], run.at(-1)];
    if (!first || !last) return "";
    return `M${first.x} ${canvas.height}L${run.map(({ x, y }) => `${x} ${y}`).join("L")}L${last.x} ${canvas.height}Z`;
  }).join("");
}

/** Index of the sample nearest to `time`; -1 when there is none. */
export function nearest(times: readonly number[], time: number): number {
  let best = -1;
  times.forEach((each, index) => {
    if (best < 0 || Math.abs(each - time) < Math.abs((times[best] as number) - time)) best = index;
  });
  return best;
}

/** Index of the greatest value, the latest one if there are several; -1 when there is none. */
export function greatest(values: readonly number[]): number {
  let best = -1;
  values.forEach((value, index) => {
    if (best < 0 || value >= (values[best] as number)) best = index;
  });
  return best;
}

/** Values in a unit in which they are short: 1500 bytes are 1.5 kilobytes. */
export function inUnit<Unit extends string>(value: number, units: readonly (readonly [Unit, number])[]): { readonly unit: Unit; readonly value: number } {
  const fitting = [...units].reverse().find(([, size]) => value >= size) ?? units[0];
  if (!fitting) throw new Error("there must be a unit");
  return { unit: fitting[0], value: value / fitting[1] };
}
