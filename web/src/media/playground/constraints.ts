// SPDX-License-Identifier: Apache-2.0

/** What a person asks of the camera. What is left out is left to the browser. */
export interface PictureWish {
  /** Pixels. */
  readonly width: number | undefined;
  /** Pixels. */
  readonly height: number | undefined;
  /** Pictures a second. */
  readonly frameRate: number | undefined;
  /** Width divided by height. */
  readonly aspectRatio: number | undefined;
  /** A demand is met or refused (`exact`); a wish is met as nearly as the camera can (`ideal`). */
  readonly demand: boolean;
}

/** The wish as `applyConstraints` takes it. W3C Media Capture and Streams §11. */
export function constraintsFrom(wish: PictureWish): MediaTrackConstraints {
  const constraints: Record<string, ConstrainDoubleRange> = {};
  for (const name of ["width", "height", "frameRate", "aspectRatio"] as const) {
    const value = wish[name];
    if (value === undefined || !Number.isFinite(value) || value <= 0) continue;
    constraints[name] = wish.demand ? { exact: value } : { ideal: value };
  }
  return constraints;
}

/** One thing a device can do, with what it can do of it as text. */
export interface Ability {
  readonly name: string;
  readonly range: string;
}

/** What `getCapabilities` or `getSettings` said, as rows. Ids are left out: they say nothing to a person. */
export function abilities(found: object): readonly Ability[] {
  return Object.entries(found)
    .filter(([name]) => name !== "deviceId" && name !== "groupId")
    .map(([name, value]) => ({ name, range: rangeText(value) }))
    .filter(({ range }) => range !== "");
}

function rangeText(value: unknown): string {
  if (Array.isArray(value)) return value.map(String).join(", ");
  if (typeof value === "object" && value !== null) {
    const { min, max } = value as { readonly min?: unknown; readonly max?: unknown };
    if (min === undefined && max === undefined) return "";
    return `${numberText(min)} – ${numberText(max)}`;
  }
  return numberText(value);
}

/** At most three digits after the point: 0.0005208333333333333 helps nobody. */
function numberText(value: unknown): string {
  return typeof value === "number" ? String(Math.round(value * 1000) / 1000) : String(value ?? "");
}
