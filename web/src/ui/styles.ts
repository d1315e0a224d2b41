// SPDX-License-Identifier: Apache-2.0

const loading = new Map<string, Promise<void>>();

/**
 * Adds a style sheet that the first screen does not need. The page names it in a meta element, because only what makes
 * the page knows the sheet's whole name. What failed is tried again when asked for again.
 */
export function loadStyles(name: string): Promise<void> {
  const known = loading.get(name);
  if (known) return known;
  const started = add(name).catch((error: unknown) => {
    loading.delete(name);
    throw error;
  });
  loading.set(name, started);
  return started;
}

function add(name: string): Promise<void> {
  const address = document.querySelector<HTMLMetaElement>(`meta[name="styles-${name}"]`)?.content;
  if (!address) return Promise.reject(new Error(`the page names no styles for ${name}`));
  return new Promise((resolve, reject) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = address;
    link.onload = () => resolve();
    link.onerror = () => {
      link.remove();
      reject(new Error(`the styles for ${name} could not be loaded`));
    };
    document.head.append(link);
  });
}
