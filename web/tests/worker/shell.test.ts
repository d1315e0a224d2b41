// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { partsOf, Shell, toShow } from "../../src/worker/shell";

const markup = `<link rel="stylesheet" href="/assets/notice-1.css"><link rel="icon" href="/favicon.svg"><script defer src="/assets/texts-en-1.js"></script>
<a href="/">home</a><script type="module" src="/assets/offline-1.js"></script>`;

/** A browser with a server that can go away. */
class Site {
  readonly stores = new Map<string, Map<string, string>>();
  reachable = true;
  store = "parley-shell-1";

  readonly caches = {
    open: async (name: string) => {
      const store = this.stores.get(name) ?? new Map<string, string>();
      this.stores.set(name, store);
      return {
        put: async (url: string, response: Response) => void store.set(url, await response.text()),
        addAll: async (urls: string[]) => urls.forEach((url) => store.set(url, `kept ${url}`)),
        match: async (url: string) => {
          const text = store.get(new URL(url, "https://here").pathname);
          return text === undefined ? undefined : new Response(text);
        },
      };
    },
    keys: async () => [...this.stores.keys()],
    delete: async (name: string) => this.stores.delete(name),
  } as unknown as CacheStorage;

  readonly fetch = async (request: Request | string): Promise<Response> => {
    if (!this.reachable) throw new TypeError("no network");
    const url = typeof request === "string" ? request : request.url;
    return new Response(url === "/offline" ? markup : `fresh ${url}`);
  };
}

function open(): { site: Site; shell: Shell } {
  const site = new Site();
  return { site, shell: toShow(site) };
}

const page = { mode: "navigate", method: "GET", url: "https://here/abc-defg-hij" } as const;
const part = { mode: "no-cors", method: "GET", url: "https://here/assets/notice-1.css" } as const;

describe("The kept shell", () => {
  it("is the page for no connection and what it loads", async () => {
    const { site, shell } = open();
    await shell.keep();
    assert.deepEqual([...(site.stores.get("parley-shell-1")?.keys() ?? [])], [
      "/offline", "/assets/notice-1.css", "/favicon.svg", "/assets/texts-en-1.js", "/assets/offline-1.js",
    ]);
  });

  it("never stands in for a page that the server can send", async () => {
    const { shell } = open();
    await shell.keep();
    assert.equal(await (await shell.answer(page))?.text(), "fresh https://here/abc-defg-hij");
    assert.equal(shell.answer(part), undefined);
  });

  it("is shown when the server cannot be reached", async () => {
    const { site, shell } = open();
    await shell.keep();
    site.reachable = false;
    assert.equal(await (await shell.answer(page))?.text(), markup);
    assert.equal(await (await shell.answer(part))?.text(), "kept /assets/notice-1.css");
    site.reachable = true;
    assert.equal(await (await shell.answer(part))?.text(), "fresh https://here/assets/notice-1.css");
    site.reachable = false;
    await assert.rejects(async () => shell.answer({ ...part, url: "https://here/assets/room-1.js" }));
  });

  it("keeps away from signalling, the API and what changes something", async () => {
    const { site, shell } = open();
    await shell.keep();
    site.reachable = false;
    await shell.answer(page);
    for (const path of ["/socket.io/?EIO=4", "/api/v1/server", "/healthz", "/files/a.png/b"]) {
      assert.equal(shell.answer({ mode: "cors", method: "GET", url: `https://here${path}` }), undefined, path);
    }
    assert.equal(shell.answer({ ...page, method: "POST" }), undefined);
  });

  it("goes when there is a newer one", async () => {
    const { site, shell } = open();
    await shell.keep();
    site.store = "parley-shell-2";
    const newer = toShow(site);
    await newer.keep();
    await newer.dropOlder();
    assert.deepEqual([...site.stores.keys()], ["parley-shell-2"]);
  });

  it("takes from markup only what is ours and loaded", () => {
    assert.deepEqual(partsOf('<img src="https://elsewhere/a.svg"><a href="/assets/x.js">'), []);
  });
});
