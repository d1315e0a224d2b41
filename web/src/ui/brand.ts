// SPDX-License-Identifier: Apache-2.0

const ours = { name: "Parley", logo: "/favicon.svg" } as const;

/** What the operator calls the service, and its sign. The server writes both into every page. */
export const brand = {
  name: globalThis.document?.querySelector<HTMLMetaElement>("meta[name=application-name]")?.content || ours.name,
  logo: globalThis.document?.querySelector<HTMLLinkElement>("link[rel=icon]")?.getAttribute("href") || ours.logo,
} as const;

/** Whether it is somebody's own, and not what it is unless somebody says otherwise. */
export const isOwnBrand = brand.name !== ours.name || brand.logo !== ours.logo;
