// SPDX-License-Identifier: Apache-2.0

import type { DeviceProblem } from "../../media/problems";

/** What is wrong with a device, and what to do about it. */
export const problems = {
  retry: "Try again",
  title: (kind: "microphone" | "camera" | "both", problem: DeviceProblem): string => {
    const what = { microphone: "microphone", camera: "camera", both: "camera and microphone" }[kind];
    switch (problem) {
      case "insecure":
        return "This page is not secure enough";
      case "unsupported":
        return `This browser cannot use a ${what}`;
      case "denied":
        return `Your ${what} ${kind === "both" ? "are" : "is"} blocked`;
      case "denied-by-system":
        return `Your system blocks the ${what}`;
      case "dismissed":
        return `Your browser still needs your answer`;
      case "not-found":
        return `No ${kind === "both" ? "camera or microphone" : what} found`;
      case "in-use":
        return `Your ${what} ${kind === "both" ? "are" : "is"} in use`;
      case "unknown":
        return `Your ${what} did not start`;
    }
  },
  steps: {
    insecure: [
      "Browsers allow cameras and microphones only on pages opened with https, or on the machine itself at localhost.",
      "Open this meeting with its https address. On this computer, http://localhost works, too.",
    ],
    unsupported: ["Use a current version of Firefox, Chrome, Edge or Safari."],
    dismissed: ["Choose “Try again”, then “Allow” in the question your browser shows."],
    "not-found": ["Plug it in or switch it on.", "Some laptops have a key or a slider for it."],
    "in-use": ["Another program holds it: close other meeting programs and tabs.", "Then choose “Try again”."],
    unknown: ["Unplug it and plug it in again, or restart the browser."],
    denied: {
      chrome: [
        "Click the icon to the left of the address, at the top of the window.",
        "Switch Camera and Microphone on.",
        "Choose “Try again”.",
      ],
      firefox: [
        "Click the crossed-out camera or microphone to the left of the address.",
        "Remove “Blocked” next to the device.",
        "Choose “Try again” and allow it.",
      ],
      safari: [
        "In the menu bar choose Safari, then Settings for This Website.",
        "Set Camera and Microphone to Allow.",
        "Reload this page.",
      ],
      ios: [
        "Tap the button at the left of the address bar, then Website Settings.",
        "Set Camera and Microphone to Allow.",
        "Reload this page.",
      ],
      other: ["Allow camera and microphone for this page in your browser's settings.", "Choose “Try again”."],
    },
    system: {
      macos: [
        "Open System Settings, Privacy & Security, then Camera and Microphone.",
        "Switch your browser on in both lists.",
        "Restart the browser.",
      ],
      windows: [
        "Open Settings, Privacy & security, then Camera and Microphone.",
        "Switch on access for apps and for desktop apps.",
        "Choose “Try again”.",
      ],
      android: [
        "Open the phone's settings, Apps, your browser, Permissions.",
        "Allow Camera and Microphone.",
        "Come back and choose “Try again”.",
      ],
      ios: ["Open Settings, Apps, your browser.", "Switch Camera and Microphone on.", "Reload this page."],
      other: ["Allow your browser to use camera and microphone in the system's privacy settings."],
    },
  },
} as const;
