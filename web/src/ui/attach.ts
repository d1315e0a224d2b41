// SPDX-License-Identifier: Apache-2.0

import { Child, each, html } from "../core/html";
import { onDispose, Signal } from "../core/signal";
import type { Attachment } from "../model/attachments";
import { mostAttached } from "../model/attachments";
import type { FileLimits } from "../protocol/messages";
import { announcer } from "./announcer";
import type { Call } from "./call";
import { icon } from "./icon";
import attachIcon from "./icons/attach.svg";
import closeIcon from "./icons/close.svg";
import fileIcon from "./icons/file.svg";
import { strings, textFor } from "./strings";
import { byteSize } from "./words";

/** Attaches files to the message that is being written; says so when some cannot be. */
export function attach(call: Call, files: Iterable<File>, limits: FileLimits): void {
  for (const file of files) {
    const { name, problem } = call.meeting.attachments.add(file, file.name, limits);
    announcer.say(problem ? `${name}: ${problemOf(problem, limits)}` : strings.files.attached({ name }));
  }
}

/** The button that lets one choose files. */
export function attachButton(call: Call, limits: () => FileLimits | undefined, then: () => void): Child {
  const text = strings.files;
  const input = document.createElement("input");
  input.type = "file";
  input.multiple = true;
  input.hidden = true;
  input.setAttribute("aria-label", text.attach);
  input.onchange = () => {
    const now = limits();
    if (now) attach(call, [...(input.files ?? [])], now);
    // The same file may be chosen again.
    input.value = "";
    then();
  };
  return () => (limits() ? html`
    <button type="button" class="round plain" aria-label=${text.attach} title=${text.attach} @click=${() => input.click()}>${icon(attachIcon)}</button>${input}` : null);
}

/** What goes with the message: how far each has come, and a way to give it up. */
export function attachmentList(call: Call, limits: () => FileLimits | undefined, then: () => void): Child {
  const { attachments } = call.meeting;
  const text = strings.files;
  const state = ({ size, sent, file, problem }: Attachment): string => {
    if (problem) return problemOf(problem, limits());
    if (file) return byteSize(size);
    return text.progress({ sent: byteSize(sent), size: byteSize(size) });
  };
  const item = (each: Signal<Attachment>): DocumentFragment => {
    const { number, name, size } = each.peek();
    const label = text.remove({ name });
    return html`
      <li ?data-failed=${() => each().problem !== undefined}>
        ${icon(fileIcon)}
        <span class="attachment-name"><bdi>${name}</bdi>
          <small>${() => state(each())}</small>
          ${() => (each().file || each().problem ? null : html`
            <progress max=${size} .value=${() => each().sent} aria-label=${text.sending({ name })}></progress>`)}</span>
        <button type="button" class="round plain" aria-label=${label} title=${label}
          @click=${() => { attachments.remove(number); then(); }}>${icon(closeIcon)}</button>
      </li>`;
  };
  return html`
    <ul class="attachments" aria-label=${text.list} ?hidden=${() => attachments.all().length === 0}>
      ${each(attachments.all, ({ number }) => number, item)}
    </ul>`;
}

function problemOf({ code, message }: { readonly code: string; readonly message: string }, limits: FileLimits | undefined): string {
  const text = strings.files;
  if (code === "too-large") return text.tooLarge({ size: byteSize(limits?.size ?? 0) });
  if (code === "too-many") return text.tooMany({ count: mostAttached });
  return textFor(text.problems, code) ?? (message || text.problems.unreachable);
}

/** Takes files that are dropped on `panel`, and shows while they are held over it that they can be. */
export function takeDrops(panel: HTMLElement, limits: () => FileLimits | undefined, take: (files: File[]) => void): void {
  const holdsFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") === true && limits() !== undefined;
  const over = (event: DragEvent): void => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    panel.setAttribute("data-drop", strings.files.drop);
  };
  const out = (event: DragEvent): void => {
    if (!panel.contains(event.relatedTarget as Node | null)) panel.removeAttribute("data-drop");
  };
  const drop = (event: DragEvent): void => {
    panel.removeAttribute("data-drop");
    if (!holdsFiles(event)) return;
    event.preventDefault();
    take([...(event.dataTransfer?.files ?? [])]);
  };
  panel.addEventListener("dragover", over);
  panel.addEventListener("dragleave", out);
  panel.addEventListener("drop", drop);
  onDispose(() => {
    panel.removeEventListener("dragover", over);
    panel.removeEventListener("dragleave", out);
    panel.removeEventListener("drop", drop);
  });
}
