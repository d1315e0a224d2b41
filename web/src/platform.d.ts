// SPDX-License-Identifier: Apache-2.0

// Parts of the web platform that are newer than the DOM types of TypeScript 4.8.
// Everything that not every supported browser has is optional, so that callers must look first.

interface NetworkInformation extends EventTarget {}

interface Navigator {
  readonly connection?: NetworkInformation;
  readonly wakeLock?: { request(type: "screen"): Promise<WakeLockSentinel> };
}

interface WakeLockSentinel extends EventTarget {
  release(): Promise<void>;
}

interface Window {
  readonly documentPictureInPicture?: {
    requestWindow(options?: { readonly width?: number; readonly height?: number }): Promise<Window>;
  };
}

/** Which features a page that is part of another one may use. Chromium says `featurePolicy`. */
interface FeaturePolicy {
  allowsFeature(feature: string): boolean;
}

interface Document {
  readonly permissionsPolicy?: FeaturePolicy;
  readonly featurePolicy?: FeaturePolicy;
}

interface HTMLMediaElement {
  setSinkId?(id: string): Promise<void>;
}

/** Media Capture Extensions: everything but the voice next to the microphone is taken out. */
interface MediaTrackConstraintSet {
  readonly voiceIsolation?: boolean;
}
