// SPDX-License-Identifier: Apache-2.0

/**
 * What stands between an installed Parley and the server: it lets everything through, and shows a page of its own when
 * the server cannot be reached.
 *
 * Pages always come from the server, so nobody is ever shown an old client. Kept are only the page that says that there
 * is no connection and what this page loads. A new build is a new worker, which drops what the old one kept.
 */
import { type Site, toShow } from "./shell";

/** Set by scripts/bundle-web: a digest of the kept page and of what it loads. */
declare const SHELL_VERSION: string;

/** What TypeScript's DOM types do not know, being those of pages. */
interface ExtendableEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface FetchEvent extends ExtendableEvent {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface Scope {
  skipWaiting(): Promise<void>;
  readonly clients: { claim(): Promise<void> };
}

const scope = self as unknown as Scope;
const site: Site = { caches, fetch: (request) => fetch(request), store: `parley-shell-${SHELL_VERSION}` };
const shell = toShow(site);

addEventListener("install", (event) => (event as ExtendableEvent).waitUntil(shell.keep().then(() => scope.skipWaiting())));
addEventListener("activate", (event) => (event as ExtendableEvent).waitUntil(shell.dropOlder().then(() => scope.clients.claim())));
addEventListener("fetch", (event) => {
  const { request, respondWith } = event as FetchEvent;
  const answer = shell.answer(request);
  if (answer) respondWith.call(event, answer);
});
