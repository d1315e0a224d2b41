// SPDX-License-Identifier: Apache-2.0

/** Which help texts fit. Nothing but words depends on this guess. */
export type Browser = "chrome" | "firefox" | "safari" | "other";
export type System = "windows" | "macos" | "ios" | "android" | "linux";

export function systemOf(agent: string, touchPoints: number): System {
  if (/android/i.test(agent)) return "android";
  // An iPad calls itself a Mac; a Mac has no touch screen.
  if (/iphone|ipad|ipod/i.test(agent) || (/macintosh/i.test(agent) && touchPoints > 1)) return "ios";
  if (/mac os x|macintosh/i.test(agent)) return "macos";
  return /windows/i.test(agent) ? "windows" : "linux";
}

export function browserOf(agent: string): Browser {
  if (/firefox|fxios/i.test(agent)) return "firefox";
  if (/chrom(e|ium)|crios|edg/i.test(agent)) return "chrome";
  return /safari/i.test(agent) ? "safari" : "other";
}
