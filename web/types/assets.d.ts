// SPDX-License-Identifier: Apache-2.0

/** An icon: `scripts/bundle-web` puts the file's text into the script that imports it. */
declare module "*.svg" {
  const markup: string;
  export default markup;
}
