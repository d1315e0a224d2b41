// SPDX-License-Identifier: Apache-2.0

/** What an ICE candidate says. */
export interface CandidateFacts {
  /** `host`, `srflx`, `prflx` or `relay`. RFC 8445 §5.1.1. */
  readonly type: string;
  /** `udp` or `tcp`. */
  readonly protocol: string;
  /** An address, or a name ending in `.local` that hides one. */
  readonly address: string;
  readonly port: string;
}

/** Reads a candidate attribute, RFC 8839 §5.1; undefined for what is none. */
export function candidateFacts(line: string): CandidateFacts | undefined {
  const match = /^(?:a=)?candidate:\S+ \d+ (\S+) \d+ (\S+) (\d+) typ (\S+)/i.exec(line);
  if (!match) return undefined;
  const [, protocol = "", address = "", port = "", type = ""] = match;
  return { type, protocol: protocol.toLowerCase(), address, port };
}
