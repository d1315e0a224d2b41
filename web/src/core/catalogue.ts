// SPDX-License-Identifier: Apache-2.0

/**
 * Texts as they lie in web/locales: groups of texts, lists of texts, and texts by number.
 *
 * A text may have places for values, `{name}`. A text by number has a form for each plural category of its language
 * and may have forms for certain numbers, such as "0"; which one is taken depends on the value `count`.
 */
export type Source = string | readonly string[] | { readonly [key: string]: Source };

type Values = Readonly<Record<string, string | number>>;

const placePattern = /\{(\w+)\}/g;
const categories = new Set(["zero", "one", "two", "few", "many", "other"]);

/** Whether these are the forms of one text rather than a group of texts. */
function isCounted(source: object): source is Readonly<Record<string, string>> {
  return "other" in source && Object.keys(source).every((key) => categories.has(key) || /^\d+$/.test(key));
}

/**
 * Makes texts usable: one with places for values becomes a function that takes them, the others stay as they are.
 *
 * Numbers are written as the language writes them. In languages from right to left each word put into a text is
 * isolated, because a name from left to right would otherwise change the order of what stands around it.
 *
 * @param everywhere Values that are the same in every text. One that has places for no others is used as it is.
 */
export function compile(source: Source, language: string, rightToLeft = false, everywhere: Values = {}): unknown {
  const numbers = new Intl.NumberFormat(language);
  const rules = new Intl.PluralRules(language);

  const put = (text: string, values: Values): string =>
    text.replace(placePattern, (place, name: string) => {
      const value = values[name];
      if (value === undefined) return place;
      if (typeof value === "number") return numbers.format(value);
      return rightToLeft ? `\u2068${value}\u2069` : value;
    });

  const isWhole = (text: string): boolean => [...text.matchAll(placePattern)].every(([, name]) => Object.hasOwn(everywhere, name ?? ""));

  const made = (each: Source): unknown => {
    if (typeof each === "string") return isWhole(each) ? put(each, everywhere) : (values: Values) => put(each, { ...everywhere, ...values });
    if (Array.isArray(each)) return each;
    if (isCounted(each)) {
      return (values: Values & { readonly count: number }) =>
        put(each[String(values.count)] ?? each[rules.select(values.count)] ?? each["other"] ?? "", { ...everywhere, ...values });
    }
    return Object.fromEntries(Object.entries(each).map(([key, value]) => [key, made(value)]));
  };
  return made(source);
}
