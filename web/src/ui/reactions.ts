// SPDX-License-Identifier: Apache-2.0

import type { Reaction } from "../protocol/messages";
import { icon } from "./icon";
import clapIcon from "./icons/reaction-clap.svg";
import heartIcon from "./icons/reaction-heart.svg";
import laughIcon from "./icons/reaction-laugh.svg";
import partyIcon from "./icons/reaction-party.svg";
import surpriseIcon from "./icons/reaction-surprise.svg";
import thumbsUpIcon from "./icons/reaction-thumbs-up.svg";

const drawings: Readonly<Record<Reaction, string>> = {
  "thumbs-up": thumbsUpIcon,
  clap: clapIcon,
  heart: heartIcon,
  laugh: laughIcon,
  surprise: surpriseIcon,
  party: partyIcon,
};

/** The picture of a reaction: our own, so that it is there and the same on every system. Its name is `strings.reactions[…]`. */
export function reactionPicture(reaction: Reaction): Node {
  return icon(drawings[reaction]);
}
