// SPDX-License-Identifier: Apache-2.0

import { Dispose, scope } from "./signal";

/**
 * A custom element in the light DOM that draws itself once and stays up to date through signals.
 *
 * A subclass takes what it shows as constructor arguments, so it is made with `new` and checked by the compiler.
 */
export abstract class View extends HTMLElement {
  private dispose: Dispose | undefined;

  /** Makes the content. Runs once each time the element enters the document. */
  protected abstract render(): Node;

  connectedCallback(): void {
    if (this.dispose) return;
    this.dispose = scope(() => this.append(this.render()));
  }

  disconnectedCallback(): void {
    // A move takes the element out and puts it back within one task: only one that stays out has ended.
    queueMicrotask(() => {
      if (this.isConnected || !this.dispose) return;
      this.dispose();
      this.dispose = undefined;
      this.replaceChildren();
    });
  }
}
