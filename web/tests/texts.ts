// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from "node:fs";
import type { Source } from "../src/core/catalogue";

// scripts/check-web puts this in front of every test: the English texts, as a page's catalogue script leaves them.
globalThis.parleyTexts = JSON.parse(readFileSync("web/locales/en.json", "utf8")) as Record<string, Source>;
