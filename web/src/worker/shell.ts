// SPDX-License-Identifier: Apache-2.0

/** What the shell needs of a browser. */
export interface Site {
  readonly caches: CacheStorage;
  readonly fetch: (request: Request | string) => Promise<Response>;
  /** Name of what is kept. Another build has another. */
  readonly store: string;
}

/** The page that is shown when the server cannot be reached. */
const page = "/offline";
const prefix = "parley-shell-";

export interface Shell {
  keep(): Promise<void>;
  dropOlder(): Promise<void>;
  /** The answer to a request that is ours, or nothing: then the browser asks the server as if we were not there. */
  answer(request: Pick<Request, "mode" | "url" | "method">): Promise<Response> | undefined;
}

/** Keeps the page and what its markup names. */
export function toShow({ caches, fetch, store }: Site): Shell {
  /** The kept page was the last one to be shown: what it asks for next may be kept, too. */
  let isShown = false;
  const kept = async (url: string): Promise<Response | undefined> => (await caches.open(store)).match(url, { ignoreVary: true });
  return {
    async keep() {
      const response = await fetch(page);
      if (!response.ok) throw new Error(`${page}: ${response.status}`);
      const cache = await caches.open(store);
      await cache.put(page, response.clone());
      await cache.addAll(partsOf(await response.text()));
    },

    async dropOlder() {
      const old = (await caches.keys()).filter((name) => name.startsWith(prefix) && name !== store);
      await Promise.all(old.map((name) => caches.delete(name)));
    },

    answer(request) {
      if (request.method !== "GET") return undefined;
      const asIs = request as Request;
      if (request.mode === "navigate") {
        isShown = false;
        return fetch(asIs).catch(async (error: unknown) => {
          const offline = await kept(page);
          if (!offline) throw error;
          isShown = true;
          return offline;
        });
      }
      // Otherwise the browser's own cache does better without us.
      if (!isShown || !fetchable(request.url)) return undefined;
      return fetch(asIs).catch(async (error: unknown) => {
        const part = await kept(request.url);
        if (!part) throw error;
        return part;
      });
    },
  };
}

/** What the markup loads from its own server, as addresses. */
export function partsOf(markup: string): string[] {
  const elements = markup.match(/<(?:script|link|img)\b[^>]*>/g) ?? [];
  const urls = elements.map((element) => /\b(?:src|href)="(\/[^"]*)"/.exec(element)?.[1]);
  return [...new Set(urls.filter((url): url is string => url !== undefined && fetchable(url)))];
}

function fetchable(url: string): boolean {
  const { pathname } = new URL(url, "https://here");
  return pathname.startsWith("/assets/") || /^\/[\w-]+\.(svg|png|webmanifest)$/.test(pathname);
}
